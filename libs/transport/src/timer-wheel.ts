/** Something that a {@link TimerWheel} can schedule. The wheel alone writes `dueTick`. */
export interface Scheduled {
  /** The tick it is due at; 0 when it is not scheduled. */
  dueTick: number;
}

/** The grain of the wheel: what is scheduled comes up to this much late, in milliseconds. */
export const TICK_MS = 50;
const SLOTS = 512;

/**
 * Timers for very many items with one interval and no search: a slot a tick, an array of items a slot. An item that
 * was cancelled or moved stays in its old slot and is skipped there. What is further away than the wheel is long
 * (25 s) comes up early, so whoever gets a due item looks at its time.
 */
export class TimerWheel<Item extends Scheduled> {
  private readonly slots: Item[][] = Array.from({ length: SLOTS }, () => []);
  private entries = 0;
  private current = 0;

  /**
   * @param now the time in milliseconds, of a clock that never goes back; ticks count from its zero
   * @param onDue gets each item when its time has come
   */
  constructor(
    private readonly now: () => number,
    private readonly onDue: (item: Item) => void,
  ) {}

  get isEmpty(): boolean {
    return this.entries === 0;
  }

  /** Schedules the item, or moves it. */
  schedule(item: Item, atMs: number): void {
    if (this.entries === 0) this.current = Math.floor(this.now() / TICK_MS);
    const next = this.current + 1;
    const tick = Math.min(Math.max(Math.ceil(atMs / TICK_MS), next), this.current + SLOTS - 1);
    item.dueTick = tick;
    this.slots[tick % SLOTS]?.push(item);
    this.entries += 1;
  }

  cancel(item: Item): void {
    item.dueTick = 0;
  }

  /** Hands out what has become due. To be called once a tick while the wheel is not empty. */
  advance(): void {
    const target = Math.floor(this.now() / TICK_MS);
    while (this.current < target && this.entries > 0) {
      this.current += 1;
      this.empty(this.current);
    }
  }

  private empty(tick: number): void {
    const slot = this.slots[tick % SLOTS];
    if (!slot || slot.length === 0) return;
    this.slots[tick % SLOTS] = [];
    this.entries -= slot.length;
    for (const item of slot) {
      if (item.dueTick !== tick) continue;
      item.dueTick = 0;
      this.onDue(item);
    }
  }
}
