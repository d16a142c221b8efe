import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;
const DEFAULT_TIMEOUT_MS = 60_000;

export interface UntilOptions {
  /** @defaultValue 60000 */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Looks again and again until there is something to see, and returns that.
 *
 * @param what names what is waited for, in the error
 * @throws Error when the time is up
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: UntilOptions = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen as NonNullable<Exclude<T, false>>;
    if (performance.now() > deadline) throw new Error(`Not seen within ${timeoutMs / 1_000} s: ${what}`);
    await delay(POLL_MS, undefined, signal && { signal });
  }
}
