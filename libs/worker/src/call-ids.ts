import { hash } from 'node:crypto';
import type { CallHost } from './call-host.js';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_CHARACTERS = 10;
const HASH_CHARACTERS = 16;

/** Names a call of a step for the rest of the world: the same on every attempt and replay. */
export function callId(host: Pick<CallHost, 'runId' | 'stepSeq'>, op: number): string {
  return `${host.runId}.${host.stepSeq}.${op}`;
}

/** A run id (a ULID) for the child that a call starts: the time, and what only this call can come to. */
export function childRunId(host: Pick<CallHost, 'runId' | 'stepSeq'>, op: number, now: number): string {
  const digits = BigInt(`0x${hash('sha256', callId(host, op), 'hex').slice(0, 20)}`);
  return crockford(BigInt(now), TIME_CHARACTERS) + crockford(digits, HASH_CHARACTERS);
}

function crockford(value: bigint, characters: number): string {
  let text = '';
  let rest = value;
  for (let index = 0; index < characters; index++) {
    text = CROCKFORD.charAt(Number(rest & 31n)) + text;
    rest >>= 5n;
  }
  return text;
}
