import { crc32 } from 'node:zlib';

/** Names a record by what it is, so that one which was lost is not taken for another that came into its place. */
export interface RecordMark {
  /** 0 for no record. */
  sequence: number;
  digest: number;
}

export const NO_RECORD: RecordMark = { sequence: 0, digest: 0 };

/** The mark of a record. */
export function markOf(sequence: number, body: Uint8Array): RecordMark {
  return { sequence, digest: crc32(body) };
}
