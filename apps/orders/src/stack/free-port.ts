import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** The port, when nothing listens there; otherwise another on which nothing does. */
export async function freePort(preferred = 0): Promise<number> {
  const server = createServer();
  try {
    await once(server.listen(preferred, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  } catch (error) {
    if (preferred === 0) throw error;
    return await freePort();
  } finally {
    server.close();
  }
}
