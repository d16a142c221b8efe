import { open, rename, stat } from 'node:fs/promises';

const TAIL_BYTES = 4 * 1024;
const TAIL_LINES = 12;
const ROTATED_ABOVE_BYTES = 8 * 1024 * 1024;

/** The log file of one life of a server, which may hold earlier lives too. */
export interface ServerLog {
  /** The file descriptor to which the server writes; close it once the server has it. */
  fd: number;
  close(): Promise<void>;
  /** The last lines that were written since it was opened. */
  tail(): Promise<string>;
}

/** Opens a log to append to it. One that has grown above 8 MiB is first moved to `<path>.1`. */
export async function openServerLog(path: string): Promise<ServerLog> {
  const size = await sizeOf(path);
  if (size > ROTATED_ABOVE_BYTES) await rename(path, `${path}.1`);
  const file = await open(path, 'a', 0o600);
  const start = (await file.stat()).size;
  return { fd: file.fd, close: () => file.close(), tail: () => readTail(path, start) };
}

async function readTail(path: string, start: number): Promise<string> {
  const from = Math.max(start, (await sizeOf(path)) - TAIL_BYTES);
  const file = await open(path).catch(() => undefined);
  try {
    const { buffer, bytesRead } = (await file?.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, from)) ?? {};
    return lastLines(buffer?.toString('utf8', 0, bytesRead) ?? '');
  } finally {
    await file?.close();
  }
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-TAIL_LINES).join('\n');
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
