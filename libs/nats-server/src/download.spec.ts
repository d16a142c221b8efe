import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import { download, type DownloadLimits } from './download.js';
import { serve } from './fakes.fixture.js';

const LIMITS: DownloadLimits = { responseTimeoutMs: 5_000, totalTimeoutMs: 5_000, maxBytes: 1_000 };

describe('a download', () => {
  it('resolves with the file', async () => {
    const base = await serve({ '/file': Buffer.from('contents') });
    expect((await download(`${base}/file`, LIMITS)).toString()).toBe('contents');
  });

  it('names the status of a refusal', async () => {
    const url = `${await serve({})}/file`;
    await expect(download(url, LIMITS)).rejects.toThrow(`${url}: the server answered 404`);
  });

  it('ends when the file is larger than allowed', async () => {
    const url = `${await serve({ '/file': Buffer.alloc(1_001) })}/file`;
    await expect(download(url, LIMITS)).rejects.toThrow(`${url}: it is larger than 1000 bytes`);
  });

  it('ends when the server does not answer in time', async () => {
    const url = `${await serveNothing()}/file`;
    const limits = { ...LIMITS, responseTimeoutMs: 20 };
    await expect(download(url, limits)).rejects.toThrow(`${url}: no answer within 0.02 s`);
  });
});

/** A server that takes requests and never answers one. */
async function serveNothing(): Promise<string> {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
