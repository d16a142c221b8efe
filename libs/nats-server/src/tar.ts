import { posix } from 'node:path';

const BLOCK_BYTES = 512;
const REGULAR_FILE = new Set(['0', '\0']);

interface Entry {
  name: string;
  type: string;
  start: number;
  size: number;
}

/**
 * Takes one file out of a tar archive: the first regular file with this name, in whatever folder.
 *
 * @throws Error when the archive has no such file, or ends within it
 */
export function extractFile(archive: Buffer, fileName: string): Buffer {
  for (const entry of entries(archive)) {
    if (REGULAR_FILE.has(entry.type) && posix.basename(entry.name) === fileName) {
      return contents(archive, entry);
    }
  }
  throw new Error(`the archive has no file ${fileName}`);
}

function* entries(archive: Buffer): Generator<Entry> {
  let offset = 0;
  while (offset + BLOCK_BYTES <= archive.length && archive[offset] !== 0) {
    const entry = readHeader(archive, offset);
    yield entry;
    offset = entry.start + Math.ceil(entry.size / BLOCK_BYTES) * BLOCK_BYTES;
  }
}

function readHeader(archive: Buffer, offset: number): Entry {
  const size = Number.parseInt(text(archive, offset + 124, 12), 8);
  if (Number.isNaN(size)) throw new Error('the archive is not a tar archive');
  return {
    name: text(archive, offset, 100),
    type: String.fromCharCode(archive[offset + 156] ?? 0),
    start: offset + BLOCK_BYTES,
    size,
  };
}

function contents(archive: Buffer, { name, start, size }: Entry): Buffer {
  if (start + size > archive.length) throw new Error(`the archive ends within ${name}`);
  return archive.subarray(start, start + size);
}

function text(archive: Buffer, start: number, length: number): string {
  return archive.toString('latin1', start, start + length).split('\0', 1)[0] ?? '';
}
