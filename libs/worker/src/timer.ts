// A longer delay does not fit the 32 bits that setTimeout has for it, and would fire at once.
const LONGEST_MS = 2 ** 31 - 1;

/** A timer of any length that can be stopped. */
export class Timer {
  private handle: NodeJS.Timeout | undefined;

  /** @param delayMs how long from now, in milliseconds */
  constructor(
    delayMs: number,
    private readonly callback: () => void,
  ) {
    this.start(delayMs);
  }

  stop(): void {
    clearTimeout(this.handle);
  }

  private start(delayMs: number): void {
    if (delayMs <= LONGEST_MS) this.handle = setTimeout(this.callback, delayMs);
    else this.handle = setTimeout(() => this.start(delayMs - LONGEST_MS), LONGEST_MS);
  }
}
