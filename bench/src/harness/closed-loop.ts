import { setTimeout as delay } from 'node:timers/promises';

import { quantile } from './statistics.js';

/** What was seen since {@link ClosedLoop.begin}, or since the loop was made. */
export interface Sample {
  runs: number;
  elapsedMs: number;
  p50Ms: number;
  p99Ms: number;
}

const PAUSE_AFTER_FAILURE_MS = 100;

/** Keeps a number of runs in flight: as one ends, the next begins. */
export class ClosedLoop {
  readonly #nonce = Math.random().toString(36).slice(2, 8);
  readonly #slots: Promise<void>[];
  #latencies: number[] = [];
  #beganAt = performance.now();
  #started = 0;
  #done = 0;
  #stopping = false;
  #failure: string | undefined;

  /** @param limit how many runs are started in all */
  constructor(
    inFlight: number,
    private readonly run: (id: string) => Promise<void>,
    private readonly limit: number = Infinity,
  ) {
    this.#slots = Array.from({ length: inFlight }, () => this.#keepRunning());
  }

  /** How many runs have ended so far. */
  get done(): number {
    return this.#done;
  }

  /** The first run's error that was not as it should. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Forgets what was seen until now. */
  begin(): void {
    this.#latencies = [];
    this.#beganAt = performance.now();
  }

  sample(): Sample {
    const elapsedMs = performance.now() - this.#beganAt;
    const sorted = Float64Array.from(this.#latencies).toSorted();
    return {
      runs: sorted.length,
      elapsedMs,
      p50Ms: quantile(sorted, 0.5),
      p99Ms: quantile(sorted, 0.99),
    };
  }

  /** Resolves when the runs of a limited loop have all ended. */
  async finished(): Promise<void> {
    await Promise.all(this.#slots);
  }

  /** Starts no more runs; resolves when those in flight have ended. */
  stop(): Promise<void> {
    this.#stopping = true;
    return this.finished();
  }

  async #keepRunning(): Promise<void> {
    while (!this.#stopping && this.#started < this.limit) {
      this.#started += 1;
      await this.#runOne(`${this.#nonce}-${this.#started}`);
    }
  }

  async #runOne(id: string): Promise<void> {
    const startedAt = performance.now();
    try {
      await this.run(id);
      this.#latencies.push(performance.now() - startedAt);
      this.#done += 1;
    } catch (error) {
      this.#failure ??= error instanceof Error ? (error.stack ?? error.message) : String(error);
      await delay(PAUSE_AFTER_FAILURE_MS);
    }
  }
}
