import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeEach, describe, expect, it } from 'vitest';

import { packRelease, serveRelease, temporaryDirectory, writeFakeServer } from './fakes.fixture.js';
import { type LocateOptions, locateNatsServer } from './locate.js';
import { NatsServerUnavailableError } from './unavailable.error.js';

let directory: string;
let binaries: string;
let cacheDirectory: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
  binaries = join(directory, 'bin');
  cacheDirectory = join(directory, 'cache');
  await mkdir(binaries);
});

const inPath = (): string => join(binaries, 'nats-server');
const inCache = (version: string): string => join(cacheDirectory, version, 'nats-server');

function locate(env: NodeJS.ProcessEnv = {}, options: LocateOptions = { install: false }): Promise<unknown> {
  return locateNatsServer({ env: { PATH: binaries, ...env }, cacheDirectory, ...options });
}

async function failureOf(attempt: Promise<unknown>): Promise<NatsServerUnavailableError> {
  const error = await attempt.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NatsServerUnavailableError);
  return error as NatsServerUnavailableError;
}

describe('the search', () => {
  it('takes the server that the environment names before any other', async () => {
    const named = await writeFakeServer(join(directory, 'mine'), '2.14.4');
    await writeFakeServer(inPath(), '2.15.1');
    await expect(locate({ GROUND_CONTROL_NATS_SERVER: named })).resolves.toEqual({
      path: named,
      version: '2.14.4',
      origin: 'environment',
    });
  });

  it('takes the server in PATH before the one in the cache', async () => {
    await writeFakeServer(inPath(), '2.14.4');
    await writeFakeServer(inCache('2.15.1'), '2.15.1');
    await expect(locate()).resolves.toEqual({ path: inPath(), version: '2.14.4', origin: 'path' });
  });

  it('looks into the sbin beside each bin of PATH', async () => {
    const path = await writeFakeServer(join(directory, 'sbin', 'nats-server'), '2.15.1');
    await expect(locate()).resolves.toEqual({ path, version: '2.15.1', origin: 'path' });
  });

  it('passes over a server in PATH that is too old', async () => {
    await writeFakeServer(inPath(), '2.9.10');
    await writeFakeServer(inCache('2.15.1'), '2.15.1');
    await expect(locate()).resolves.toMatchObject({ path: inCache('2.15.1'), origin: 'cache' });
  });

  it('takes the newest server in the cache that runs', async () => {
    await writeFakeServer(inCache('2.14.9'), '2.14.9');
    await writeFakeServer(inCache('2.14.10'), '2.14.10');
    await mkdir(join(cacheDirectory, '2.16.0'));
    await writeFile(inCache('2.16.0'), 'half a download');
    await expect(locate()).resolves.toMatchObject({ version: '2.14.10', origin: 'cache' });
  });

  it('installs one when there is none', async () => {
    const releases = await serveRelease(await packRelease('2.15.1'));
    const lines: string[] = [];
    const onProgress = (line: string): void => void lines.push(line);
    await expect(locate({ GROUND_CONTROL_NATS_SERVER_RELEASES: releases }, { onProgress })).resolves.toEqual({
      path: inCache('2.15.1'),
      version: '2.15.1',
      origin: 'installed',
    });
    expect(lines).toEqual([
      `nats-server: installing, release archive from ${releases}`,
      expect.stringMatching(
        /^nats-server: installed 2\.15\.1 in \d+\.\d s, .*\/cache\/2\.15\.1\/nats-server$/,
      ),
    ]);
  });
});

describe('a server that the environment names', () => {
  it('is an error at once when it is too old', async () => {
    const named = await writeFakeServer(join(directory, 'old'), '2.9.10');
    await writeFakeServer(inPath(), '2.15.1');
    const { attempts } = await failureOf(locate({ GROUND_CONTROL_NATS_SERVER: named }));
    expect(attempts).toEqual([
      { way: 'GROUND_CONTROL_NATS_SERVER', reason: `${named} is 2.9.10, older than 2.14.4` },
    ]);
  });

  it('is an error at once when it is missing', async () => {
    await writeFakeServer(inPath(), '2.15.1');
    const { attempts } = await failureOf(locate({ GROUND_CONTROL_NATS_SERVER: '/nowhere/nats-server' }));
    expect(attempts).toEqual([
      {
        way: 'GROUND_CONTROL_NATS_SERVER',
        reason: '/nowhere/nats-server cannot be run: nats-server is not there',
      },
    ]);
  });
});

describe('the error', () => {
  it('lists every way that was tried, why it failed and what helps', async () => {
    await writeFakeServer(inPath(), '2.9.10');
    const releases = await serveRelease(Buffer.from('damaged'), 'f'.repeat(64));
    const error = await failureOf(locate({ GROUND_CONTROL_NATS_SERVER_RELEASES: releases }, {}));
    expect(error.code).toBe('NATS_SERVER_UNAVAILABLE');
    expect(error.attempts.map(({ way }) => way)).toEqual([
      'GROUND_CONTROL_NATS_SERVER',
      'PATH',
      `cache ${cacheDirectory}`,
      `release archive from ${releases}`,
      ...(process.platform === 'linux' ? ['Debian package from suite forky, through apt'] : []),
    ]);
    for (const { way, reason } of error.attempts) expect(error.message).toContain(`  - ${way}: ${reason}\n`);
    expect(error.message).toContain(`PATH: ${inPath()} is 2.9.10, older than 2.14.4`);
    expect(error.message).toMatch(/Linux: +curl -fsSL https:\S+\.tar\.gz \| sudo tar -xz /);
    expect(error.message).toMatch(/Debian 14 \(forky\) or newer: +sudo apt-get install nats-server/);
    expect(error.message).toMatch(/macOS: +brew install nats-server/);
    expect(error.message).toMatch(/Windows: +scoop install nats-server/);
    expect(error.message).toContain('GROUND_CONTROL_NATS_SERVER=/path/to/nats-server');
  });

  it('says that nothing was installed when that was not asked for', async () => {
    const { attempts } = await failureOf(locate());
    expect(attempts.at(-1)).toEqual({ way: 'installation', reason: 'not asked for' });
  });
});
