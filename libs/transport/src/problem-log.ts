import type { ErrorListener } from './body.js';

const QUIET_MS = 1_000;

/**
 * Where problems go that have no caller: to the listeners, or to the log when there is none. The log gets at most one
 * a second and the number of the others: a broken peer must not fill the disk.
 */
export class ProblemLog {
  private readonly listeners: ErrorListener[] = [];
  private loggedAt = -Infinity;
  private suppressed = 0;

  add(listener: ErrorListener): void {
    this.listeners.push(listener);
  }

  report(error: Error): void {
    if (this.listeners.length === 0) return this.log(error);
    for (const listener of this.listeners) this.tell(listener, error);
  }

  private tell(listener: ErrorListener, error: Error): void {
    try {
      listener(error);
    } catch (thrown) {
      this.log(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }

  private log(error: Error): void {
    const now = performance.now();
    if (now - this.loggedAt < QUIET_MS) {
      this.suppressed += 1;
      return;
    }
    const others = this.suppressed > 0 ? ` (and ${this.suppressed} others since the last)` : '';
    this.loggedAt = now;
    this.suppressed = 0;
    void warn(`${error.name}: ${error.message}${others}`);
  }
}

// Loaded when it is needed, which is hardly ever: who has no Nest application should not wait for Nest to load.
async function warn(message: string): Promise<void> {
  const { Logger } = await import('@nestjs/common');
  new Logger('FramePeer').warn(message);
}
