/** Something that a signal ends. */
export interface Abortable {
  readonly signal: AbortSignal | undefined;
}

/**
 * Listens to signals, once each however many wait for it: one signal may end thousands of requests, and Node warns of
 * a leak from the eleventh listener on.
 */
export class SignalWatch<Item extends Abortable> {
  private readonly waiting = new WeakMap<AbortSignal, Set<Item>>();

  constructor(private readonly onAbort: (item: Item, reason: unknown) => void) {}

  watch(item: Item): void {
    const { signal } = item;
    if (!signal) return;
    const items = this.waiting.get(signal);
    if (items) items.add(item);
    else this.begin(signal, item);
  }

  unwatch(item: Item): void {
    const { signal } = item;
    if (!signal) return;
    const items = this.waiting.get(signal);
    items?.delete(item);
    if (items?.size === 0) this.end(signal);
  }

  /** Called by the signals. */
  handleEvent(event: Event): void {
    const signal = event.target as AbortSignal;
    const items = this.waiting.get(signal) ?? [];
    this.end(signal);
    for (const item of items) this.onAbort(item, signal.reason);
  }

  private begin(signal: AbortSignal, item: Item): void {
    this.waiting.set(signal, new Set([item]));
    signal.addEventListener('abort', this);
  }

  private end(signal: AbortSignal): void {
    this.waiting.delete(signal);
    signal.removeEventListener('abort', this);
  }
}
