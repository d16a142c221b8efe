import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeEach, describe, expect, it } from 'vitest';

import { packRelease, serve, serveRelease, temporaryDirectory } from './fakes.fixture.js';
import { installNatsServer, type InstallResult } from './install.js';
import type { InstallSource } from './install-source.js';
import { pickFreePort } from './port.js';
import { releaseArchiveSource } from './release-archive.js';
import { releaseName } from './release-asset.js';

let cacheDirectory: string;

beforeEach(async () => {
  cacheDirectory = join(await temporaryDirectory(), 'cache');
});

function install(...sources: InstallSource[]): Promise<InstallResult> {
  return installNatsServer({ cacheDirectory, sources, env: {}, onProgress: () => {} });
}

function reasonOf(result: InstallResult): string | undefined {
  return result.kind === 'failed' ? result.attempts[0]?.reason : undefined;
}

describe('an installation', () => {
  it('keeps the executable under its version, and nothing else', async () => {
    const result = await install(releaseArchiveSource(await serveRelease(await packRelease('2.15.1'))));
    expect(result).toEqual({
      kind: 'installed',
      path: join(cacheDirectory, '2.15.1', 'nats-server'),
      version: '2.15.1',
    });
    expect(await readdir(cacheDirectory, { recursive: true })).toEqual(['2.15.1', '2.15.1/nats-server']);
  });

  it('is done once for all who install at the same time', async () => {
    const source = releaseArchiveSource(await serveRelease(await packRelease('2.15.1')));
    const results = await Promise.all(Array.from({ length: 8 }, () => install(source)));
    expect(new Set(results.map(({ kind }) => kind))).toEqual(new Set(['installed']));
    expect(await readdir(cacheDirectory, { recursive: true })).toEqual(['2.15.1', '2.15.1/nats-server']);
  });

  it('replaces a damaged executable', async () => {
    const path = join(cacheDirectory, '2.15.1', 'nats-server');
    await mkdir(join(cacheDirectory, '2.15.1'), { recursive: true });
    await writeFile(path, 'half a download');
    await install(releaseArchiveSource(await serveRelease(await packRelease('2.15.1'))));
    expect(await readFile(path, 'utf8')).toContain('nats-server: v2.15.1');
  });

  it('goes on to the next source when one fails', async () => {
    const source = releaseArchiveSource(await serveRelease(await packRelease('2.15.1')));
    expect(await install(releaseArchiveSource(await serve({})), source)).toMatchObject({ kind: 'installed' });
  });

  it('clears away what an installation that was killed left behind long ago, and no other', async () => {
    const [old, recent] = ['.installing-old', '.installing-recent'].map((name) => join(cacheDirectory, name));
    await mkdir(String(old), { recursive: true });
    await mkdir(String(recent));
    await utimes(String(old), 0, 0);
    await install(releaseArchiveSource(await serveRelease(await packRelease('2.15.1'))));
    expect((await readdir(cacheDirectory)).toSorted()).toEqual(['.installing-recent', '2.15.1']);
  });
});

describe('a release archive', () => {
  it('is refused when its checksum is not the one listed', async () => {
    const archive = await packRelease('2.15.1');
    const result = await install(releaseArchiveSource(await serveRelease(archive, 'f'.repeat(64))));
    expect(reasonOf(result)).toMatch(/tar\.gz has the SHA-256 sum [0-9a-f]{64}, but SHA256SUMS says f{64}$/);
    expect(await readdir(cacheDirectory)).toEqual([]);
  });

  it('is refused when its checksum is not listed at all', async () => {
    const name = `${releaseName('2.15.1')}.tar.gz`;
    const files = {
      '/v2.15.1/SHA256SUMS': Buffer.from(''),
      [`/v2.15.1/${name}`]: await packRelease('2.15.1'),
    };
    const result = await install(releaseArchiveSource(await serve(files)));
    expect(reasonOf(result)).toBe(`SHA256SUMS does not list ${name}`);
  });

  it('is refused when the server in it is too old', async () => {
    const result = await install(releaseArchiveSource(await serveRelease(await packRelease('2.14.3'))));
    expect(reasonOf(result)).toMatch(/nats-server is 2\.14\.3, older than 2\.14\.4$/);
  });

  it('is refused when it is no archive', async () => {
    const result = await install(releaseArchiveSource(await serveRelease(Buffer.from('<html>'))));
    expect(reasonOf(result)).toBe('incorrect header check');
  });

  it('is not fetched over plain http from another machine', async () => {
    const result = await install(releaseArchiveSource('http://releases.example'));
    expect(reasonOf(result)).toBe('http://releases.example/v2.15.1/SHA256SUMS is not https');
  });

  it('says which address could not be reached, and why', async () => {
    const port = await pickFreePort('127.0.0.1');
    const result = await install(releaseArchiveSource(`http://127.0.0.1:${port}`));
    expect(reasonOf(result)).toBe(
      `http://127.0.0.1:${port}/v2.15.1/SHA256SUMS: connect ECONNREFUSED 127.0.0.1:${port}`,
    );
  });
});
