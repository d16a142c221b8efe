const CHUNK_BYTES = 1024 * 1024;
const BYTES_A_CHARACTER = 3;

interface Span {
  start: number;
  length: number;
}

/** Many short texts in few large buffers, without an object each. What is added lies within one buffer. */
export class TextArena {
  private readonly chunks: Buffer[] = [];
  private end = 0;

  get bytes(): number {
    return this.chunks.length * CHUNK_BYTES;
  }

  /** Adds two texts, one right after the other. @returns where they begin, and how many bytes each takes */
  add(one: string, other: string): { start: number; first: number; second: number } {
    const most = BYTES_A_CHARACTER * (one.length + other.length);
    if (most > this.chunks.length * CHUNK_BYTES - this.end) {
      this.end = this.chunks.length * CHUNK_BYTES;
      this.chunks.push(Buffer.allocUnsafe(CHUNK_BYTES));
    }
    const start = this.end;
    const offset = start % CHUNK_BYTES;
    const chunk = this.chunks.at(-1);
    const first = chunk?.write(one, offset) ?? 0;
    const second = chunk?.write(other, offset + first) ?? 0;
    this.end += first + second;
    return { start, first, second };
  }

  /** A view of the bytes. */
  bytesAt({ start, length }: Span): Buffer {
    const offset = start % CHUNK_BYTES;
    const chunk = this.chunks[(start - offset) / CHUNK_BYTES];
    if (!chunk) throw new RangeError(`no text at ${start}`);
    return chunk.subarray(offset, offset + length);
  }

  text(span: Span): string {
    return this.bytesAt(span).toString();
  }

  equals(span: Span, bytes: Uint8Array): boolean {
    return span.length === bytes.length && this.startsWith(span, bytes);
  }

  same(one: Span, other: Span): boolean {
    return one.length === other.length && this.startsWith(one, this.bytesAt(other));
  }

  startsWith({ start, length }: Span, prefix: Uint8Array): boolean {
    return length >= prefix.length && this.has(start, prefix);
  }

  /** Whether these bytes are at a place of a text that is as long at least. */
  has(start: number, bytes: Uint8Array): boolean {
    const offset = start % CHUNK_BYTES;
    const chunk = this.chunks[(start - offset) / CHUNK_BYTES];
    for (let index = 0; index < bytes.length; index++) {
      if (chunk?.[offset + index] !== bytes[index]) return false;
    }
    return true;
  }
}
