import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program in PATH or in one of the further folders; undefined where there is none. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return [...path, ...folders].map((folder) => join(folder, name)).find((file) => existsSync(file));
}
