import { CoordinatorUnavailableError } from '@ground-control/protocol';

// setTimeout fires at once for what does not fit 32 bits.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The end of one call, over all the requests that it makes. */
export class Deadline {
  readonly #endsAt: number;

  /** @param where is said in the error */
  constructor(
    private readonly timeoutMs: number,
    private readonly where?: string,
  ) {
    this.#endsAt = performance.now() + timeoutMs;
  }

  get remainingMs(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }

  /** @throws CoordinatorUnavailableError when the deadline comes first */
  async limit<T>(work: Promise<T>): Promise<T> {
    if (this.remainingMs > LONGEST_TIMER_MS) return work;
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(this.#unavailable()), this.remainingMs);
    });
    try {
      return await Promise.race([work, expired]);
    } finally {
      clearTimeout(timer);
    }
  }

  #unavailable(): CoordinatorUnavailableError {
    const where = this.where === undefined ? '' : ` (${this.where})`;
    return new CoordinatorUnavailableError(`No coordinator answered within ${this.timeoutMs} ms${where}.`);
  }
}
