interface Entry<Item> {
  at: number;
  order: number;
  item: Item;
}

/** What is to happen, by time; what is due at one time happens in the order in which it was added. */
export class EventQueue<Item> {
  private readonly heap: Entry<Item>[] = [];
  private added = 0;

  get nextAt(): number {
    return this.heap[0]?.at ?? Infinity;
  }

  add(at: number, item: Item): void {
    this.heap.push({ at, order: this.added++, item });
    this.siftUp(this.heap.length - 1);
  }

  take(): Item | undefined {
    const [first] = this.heap;
    const last = this.heap.pop();
    if (!first || !last || this.heap.length === 0) return first?.item;
    this.heap[0] = last;
    this.siftDown();
    return first.item;
  }

  private siftUp(start: number): void {
    for (let index = start; index > 0;) {
      const parent = (index - 1) >> 1;
      if (!this.swapIfEarlier(index, parent)) return;
      index = parent;
    }
  }

  private siftDown(): void {
    for (let index = 0; ;) {
      const left = 2 * index + 1;
      const child = this.isEarlier(left + 1, left) ? left + 1 : left;
      if (!this.swapIfEarlier(child, index)) return;
      index = child;
    }
  }

  private swapIfEarlier(lower: number, upper: number): boolean {
    const [low, high] = [this.heap[lower], this.heap[upper]];
    if (!low || !high || !this.isEarlier(lower, upper)) return false;
    this.heap[lower] = high;
    this.heap[upper] = low;
    return true;
  }

  private isEarlier(a: number, b: number): boolean {
    const [one, other] = [this.heap[a], this.heap[b]];
    if (!one || !other) return one !== undefined;
    return one.at < other.at || (one.at === other.at && one.order < other.order);
  }
}
