const FIRST_SLOTS = 1024;
/** How full it may become. */
const LOAD = 0.6;

/** Row numbers by a key that the rows hold: open addressing, eight bytes a slot. */
export class HashTable {
  /** Row + 1; 0 is free. */
  private rows = new Int32Array(FIRST_SLOTS);
  private hashes = new Int32Array(FIRST_SLOTS);
  private used = 0;

  /** FNV-1a, 32 bits. */
  static hash(key: Uint8Array): number {
    let hash = 0x81_1c_9d_c5;
    for (let index = 0; index < key.length; index++) {
      hash = Math.imul(hash ^ (key[index] ?? 0), 0x01_00_01_93);
    }
    return hash >>> 0;
  }

  get bytes(): number {
    return this.rows.byteLength + this.hashes.byteLength;
  }

  /** @param isKey whether a row has this key */
  find(key: Uint8Array, isKey: (row: number) => boolean): number | undefined {
    const slot = this.slotOf(HashTable.hash(key), isKey);
    const found = this.rows[slot] ?? 0;
    return found === 0 ? undefined : found - 1;
  }

  /** @returns the row that had the key before */
  put(key: Uint8Array, row: number, isKey: (row: number) => boolean): number | undefined {
    if (this.used > this.rows.length * LOAD) this.grow();
    const hash = HashTable.hash(key);
    const slot = this.slotOf(hash, isKey);
    const earlier = this.rows[slot] ?? 0;
    this.rows[slot] = row + 1;
    this.hashes[slot] = hash;
    if (earlier > 0) return earlier - 1;
    this.used++;
    return undefined;
  }

  private slotOf(hash: number, isKey: (row: number) => boolean): number {
    const mask = this.rows.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const found = this.rows[slot] ?? 0;
      if (found === 0) return slot;
      if (this.hashes[slot] === (hash | 0) && isKey(found - 1)) return slot;
    }
  }

  private grow(): void {
    const [rows, hashes] = [this.rows, this.hashes];
    this.rows = new Int32Array(rows.length * 2);
    this.hashes = new Int32Array(rows.length * 2);
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index] ?? 0;
      if (row === 0) continue;
      const hash = hashes[index] ?? 0;
      const slot = this.slotOf(hash, () => false);
      this.rows[slot] = row;
      this.hashes[slot] = hash;
    }
  }
}
