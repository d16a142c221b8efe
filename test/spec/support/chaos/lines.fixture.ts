import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';

/** Adds an entry to a file, at once: it is there when this returns, whatever becomes of the process. */
export function appendEntry(file: string, entry: unknown): void {
  appendFileSync(file, `${serialize(entry).toString('base64')}\n`);
}

/** All entries that any process has added to a file, in order. */
export function readEntries<T>(file: string): T[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'latin1').split('\n').slice(0, -1);
  return lines.map((line) => deserialize(Buffer.from(line, 'base64')) as T);
}
