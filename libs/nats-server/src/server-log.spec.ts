import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { writeSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, describe, expect, it } from 'vitest';

import { temporaryDirectory } from './fakes.fixture.js';
import { openServerLog } from './server-log.js';

let path: string;

beforeEach(async () => {
  path = join(await temporaryDirectory(), 'nats-server.log');
});

async function tailOf(text: string): Promise<string> {
  const log = await openServerLog(path);
  writeSync(log.fd, text);
  await log.close();
  return log.tail();
}

describe('the tail of a log', () => {
  it('leaves out earlier lives', async () => {
    await writeFile(path, 'an earlier life\n');
    expect(await tailOf('this life\n')).toBe('this life');
    expect(await readFile(path, 'utf8')).toBe('an earlier life\nthis life\n');
  });

  it('is the last twelve lines of many', async () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index}`);
    expect(await tailOf(lines.join('\n'))).toBe(lines.slice(-12).join('\n'));
  });

  it('is empty when nothing was logged', async () => {
    expect(await tailOf('')).toBe('');
  });
});

it('begins a new file when the log has grown large', async () => {
  await writeFile(path, '');
  await truncate(path, 9 * 1024 * 1024);
  expect(await tailOf('new')).toBe('new');
  expect((await stat(path)).size).toBe(3);
  expect((await stat(`${path}.1`)).size).toBe(9 * 1024 * 1024);
});
