import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the range from which outgoing connections are numbered.
const FIRST_PORT = 20_000;
const PORT_LIMIT = 32_768;
const MAX_TRIES = 50;

export const LOOPBACK = '127.0.0.1';

/** A port of the loopback address on which nothing listens at the moment. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const port = randomInt(FIRST_PORT, PORT_LIMIT);
    if (await isFree(port)) return port;
  }
  throw new Error(`found no free port from ${FIRST_PORT} to ${PORT_LIMIT - 1}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
