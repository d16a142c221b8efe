import { fileURLToPath } from 'node:url';

/** The folder of this package, seen from `dist/harness`. */
export const BENCH_DIRECTORY: string = fileURLToPath(new URL('../../', import.meta.url));

/** The folder of Ground Control. */
export const ROOT_DIRECTORY: string = fileURLToPath(new URL('../../../', import.meta.url));

/** A compiled module of this package, by its path in `dist`. */
export function modulePath(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
