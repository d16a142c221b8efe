const CHUNK_BYTES = 1024 * 1024;

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

  /** @returns where it begins */
  add(bytes: Uint8Array): number {
    const room = this.chunks.length * CHUNK_BYTES - this.end;
    if (bytes.length > room) {
      this.end = this.chunks.length * CHUNK_BYTES;
      this.chunks.push(Buffer.allocUnsafe(CHUNK_BYTES));
    }
    const start = this.end;
    this.bytesAt({ start, length: bytes.length }).set(bytes);
    this.end += bytes.length;
    return start;
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

  /** The four bytes at a place, as a number. */
  numberAt(start: number): number {
    return this.bytesAt({ start, length: 4 }).readUInt32LE(0);
  }

  equals(span: Span, bytes: Uint8Array): boolean {
    return span.length === bytes.length && this.startsWith(span, bytes);
  }

  same(one: Span, other: Span): boolean {
    return one.length === other.length && this.startsWith(one, this.bytesAt(other));
  }

  startsWith({ start, length }: Span, prefix: Uint8Array): boolean {
    if (length < prefix.length) return false;
    const offset = start % CHUNK_BYTES;
    const chunk = this.chunks[(start - offset) / CHUNK_BYTES];
    for (let index = 0; index < prefix.length; index++) {
      if (chunk?.[offset + index] !== prefix[index]) return false;
    }
    return true;
  }
}
