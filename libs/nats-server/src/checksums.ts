import { createHash } from 'node:crypto';

/**
 * Checks a downloaded file against a `SHA256SUMS` file.
 *
 * @throws Error when its sum differs, or when the list does not name the file
 */
export function verifyChecksum(file: Uint8Array, name: string, checksums: string): void {
  const expected = findChecksum(name, checksums);
  if (expected === undefined) throw new Error(`SHA256SUMS does not list ${name}`);
  const actual = createHash('sha256').update(file).digest('hex');
  if (actual !== expected) {
    throw new Error(`${name} has the SHA-256 sum ${actual}, but SHA256SUMS says ${expected}`);
  }
}

function findChecksum(name: string, checksums: string): string | undefined {
  const lines = checksums.split('\n').map((line) => line.trim().split(/\s+\*?/));
  return lines.find(([, listed]) => listed === name)?.[0]?.toLowerCase();
}
