import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Ports are picked below the range from which systems number outgoing connections (from 32768 on Linux,
 * 49152 elsewhere). Inside it, a client that keeps trying to reach a dead server may be given the
 * server's own port, and the server can then not come back on it.
 */
const FIRST_PORT = 20_000;
const PORT_LIMIT = 32_768;
const MAX_TRIES = 50;

/**
 * A port on which nothing listens at the moment.
 *
 * @throws Error when none was found, or the host is no address of this machine
 */
export async function pickFreePort(host: string): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const port = randomInt(FIRST_PORT, PORT_LIMIT);
    if (await isPortFree(host, port)) return port;
  }
  throw new Error(`found no free port from ${FIRST_PORT} to ${PORT_LIMIT - 1} on ${host}`);
}

/** Whether a server could listen there now. */
export function isPortFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
