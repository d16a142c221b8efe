import { createHash } from 'node:crypto';

const PLAIN = /^[A-Za-z0-9_-]{1,64}$/;

/** The key of a run among a partition's records. A run id may be any text, a key may not. */
export function runKeyOf(runId: string): string {
  if (PLAIN.test(runId)) return `r-${runId}`;
  return `x-${createHash('sha256').update(runId).digest('base64url')}`;
}
