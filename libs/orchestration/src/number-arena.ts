const FIRST_CAPACITY = 1024;

/** Many short lists of 32-bit numbers in one array. */
export class NumberArena {
  private numbers = new Uint32Array(FIRST_CAPACITY);
  private end = 0;

  get bytes(): number {
    return this.numbers.byteLength;
  }

  /** @returns where the list begins */
  add(list: readonly number[]): number {
    const start = this.end;
    if (start + list.length > this.numbers.length) this.grow(list.length);
    for (const number of list) this.numbers[this.end++] = number;
    return start;
  }

  read(start: number, length: number): number[] {
    return [...this.numbers.subarray(start, start + length)];
  }

  has(start: number, length: number, number: number): boolean {
    for (let index = start; index < start + length; index++) {
      if (this.numbers[index] === number) return true;
    }
    return false;
  }

  private grow(by: number): void {
    const grown = new Uint32Array(2 * this.numbers.length + by);
    grown.set(this.numbers);
    this.numbers = grown;
  }
}
