const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 10_000;

/** How long to wait before the nth attempt in a row, in milliseconds: 100, 200, 400, … up to 10 s. */
export function backOffMs(attempt: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), MAX_DELAY_MS);
}
