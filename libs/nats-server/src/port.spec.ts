import { createServer } from 'node:net';

import { expect, it, onTestFinished } from 'vitest';

import { isPortFree, pickFreePort } from './port.js';

it('picks a port below those of outgoing connections', async () => {
  const port = await pickFreePort('127.0.0.1');
  expect(port).toBeGreaterThanOrEqual(20_000);
  expect(port).toBeLessThan(32_768);
});

it('tells a port on which somebody listens from one that is free', async () => {
  const port = await pickFreePort('127.0.0.1');
  expect(await isPortFree('127.0.0.1', port)).toBe(true);
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect(await isPortFree('127.0.0.1', port)).toBe(false);
});

it('says when the host is not an address of this machine', async () => {
  await expect(pickFreePort('192.0.2.1')).rejects.toThrow('EADDRNOTAVAIL');
});
