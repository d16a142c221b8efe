// A longer delay does not fit the 32 bits that setTimeout has for it, and would fire at once.
const LONGEST_MS = 2 ** 31 - 1;

/** A timer of any length that can be stopped, and that is never early. */
export class Timer {
  private readonly dueAt: number;
  private handle: NodeJS.Timeout | undefined;

  /** @param delayMs how long from now, in milliseconds */
  constructor(
    delayMs: number,
    private readonly callback: () => void,
  ) {
    this.dueAt = performance.now() + delayMs;
    this.wait(delayMs);
  }

  stop(): void {
    clearTimeout(this.handle);
  }

  private wait(delayMs: number): void {
    this.handle = setTimeout(() => this.wake(), Math.min(delayMs, LONGEST_MS));
  }

  // Node counts from when this turn of the event loop began, so it may be early by as long as the turn has lasted.
  private wake(): void {
    const leftMs = this.dueAt - performance.now();
    if (leftMs > 0) this.wait(Math.ceil(leftMs));
    else this.callback();
  }
}
