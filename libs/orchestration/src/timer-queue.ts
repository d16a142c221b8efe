interface Entry {
  at: number;
  id: string;
}

/**
 * The longest wait of one Node timer, in milliseconds. Those go by a clock of their own, while what is due goes by the
 * wall clock: one that is set is noticed after this time.
 */
const MAX_TIMER_MS = 60_000;

/**
 * One timer for all that is due: a binary heap of times and ids, and a single Node timer for the earliest.
 * Entries are not removed when a time no longer matters; whoever is woken asks what is due and arms the rest again.
 */
export class TimerQueue {
  private readonly heap: Entry[] = [];
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Infinity;

  /** @param onDue gets the ids whose time has come */
  constructor(
    private readonly clock: () => number,
    private readonly onDue: (ids: string[]) => void,
  ) {}

  /** Wakes for the id at this time, in milliseconds since the epoch. */
  arm(id: string, at: number): void {
    this.heap.push({ at, id });
    this.siftUp(this.heap.length - 1);
    if (at < this.timerAt) this.wakeAt(at);
  }

  /** Forgets everything. */
  clear(): void {
    this.heap.length = 0;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.timerAt = Infinity;
  }

  private wakeAt(at: number): void {
    clearTimeout(this.timer);
    this.timerAt = at;
    const delay = Math.min(Math.max(at - this.clock(), 0), MAX_TIMER_MS);
    this.timer = setTimeout(() => this.fire(), delay);
  }

  private fire(): void {
    this.timerAt = Infinity;
    const now = this.clock();
    const due: string[] = [];
    for (let first = this.heap[0]; first && first.at <= now; first = this.heap[0]) {
      due.push(first.id);
      this.removeFirst();
    }
    const next = this.heap[0];
    if (next) this.wakeAt(next.at);
    if (due.length > 0) this.onDue(due);
  }

  private removeFirst(): void {
    const last = this.heap.pop();
    if (!last || this.heap.length === 0) return;
    this.heap[0] = last;
    this.siftDown();
  }

  private siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.swapIfEarlier(index, parent)) return;
      index = parent;
    }
  }

  private siftDown(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const child = this.timeOf(left + 1) < this.timeOf(left) ? left + 1 : left;
      if (!this.swapIfEarlier(child, index)) return;
      index = child;
    }
  }

  private timeOf(index: number): number {
    return this.heap[index]?.at ?? Infinity;
  }

  private swapIfEarlier(lower: number, upper: number): boolean {
    const [low, high] = [this.heap[lower], this.heap[upper]];
    if (!low || !high || low.at >= high.at) return false;
    this.heap[lower] = high;
    this.heap[upper] = low;
    return true;
  }
}
