import { connect, type Socket } from 'node:net';

/** What a nats-server says of itself to everyone who connects. */
export interface ServerInfo {
  server_name: string;
  version: string;
  /** Bytes. */
  max_payload: number;
  jetstream?: boolean;
}

const ANSWER_TIMEOUT_MS = 2_000;
const ANSWER_LIMIT_CHARACTERS = 64 * 1024;

/**
 * Connects to a NATS server, reads its greeting and hangs up.
 *
 * @throws Error when nothing listens, when the answer takes longer than two seconds, or is not that of NATS
 */
export function readServerInfo(host: string, port: number): Promise<ServerInfo> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject).once('close', () => reject(new Error('the connection was closed')));
    onFirstLine(socket, (line) => {
      try {
        resolve(parseInfo(line));
      } catch (error) {
        reject(error);
      }
      socket.destroy();
    });
  });
}

function onFirstLine(socket: Socket, receive: (line: string) => void): void {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end >= 0) receive(text.slice(0, end));
    else if (text.length > ANSWER_LIMIT_CHARACTERS)
      socket.destroy(new Error('the answer is not that of NATS'));
  });
}

function parseInfo(line: string): ServerInfo {
  const [verb, json] = [line.slice(0, 5), line.slice(5)];
  if (verb !== 'INFO ') throw new Error('the answer is not that of NATS');
  return JSON.parse(json) as ServerInfo;
}
