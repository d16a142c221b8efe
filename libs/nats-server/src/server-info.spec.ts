import { type AddressInfo, createServer } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import { pickFreePort } from './port.js';
import { readServerInfo } from './server-info.js';

/** A server that says this to everyone, in pieces, and resolves with its port. */
async function serverThatSays(...pieces: string[]): Promise<number> {
  const server = createServer((socket) => {
    for (const piece of pieces) socket.write(piece);
    if (pieces.length === 0) socket.end();
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('the greeting of a server', () => {
  it('is read to its end', async () => {
    const port = await serverThatSays('INFO {"server_name":"a",', '"jetstream":true}', ' \r\n');
    expect(await readServerInfo('127.0.0.1', port)).toEqual({ server_name: 'a', jetstream: true });
  });

  it.each([
    ['of another protocol', ['220 smtp ready\r\n'], 'the answer is not that of NATS'],
    ['without end', ['x'.repeat(70_000)], 'the answer is not that of NATS'],
    ['that is damaged', ['INFO {"server\r\n'], 'JSON'],
    ['that does not come', [], 'the connection was closed'],
  ])('is refused: one %s', async (_, pieces, reason) => {
    const port = await serverThatSays(...pieces);
    await expect(readServerInfo('127.0.0.1', port)).rejects.toThrow(reason);
  });

  it('cannot be had where nothing listens', async () => {
    const port = await pickFreePort('127.0.0.1');
    await expect(readServerInfo('127.0.0.1', port)).rejects.toThrow('ECONNREFUSED');
  });
});
