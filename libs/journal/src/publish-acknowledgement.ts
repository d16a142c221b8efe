import type { Msg } from '@nats-io/nats-core';
import type { Published } from './sequenced-log.js';

/** "wrong last sequence: N", and the same where the server cannot say N. */
const WRONG_LAST_SEQUENCE: ReadonlySet<number> = new Set([10071, 10164]);
const NO_RESPONDERS = 503;

interface PublishAcknowledgement {
  seq?: number;
  error?: { err_code?: number; description?: string };
}

/** Reads what a JetStream server answers to a publish. */
export function readAcknowledgement(message: Msg): Published {
  if (message.data.length === 0) return readStatus(message);
  try {
    const { seq, error } = message.json<PublishAcknowledgement>();
    if (error) return readError(error.err_code ?? 0, error.description ?? 'an error without a description');
    if (seq !== undefined && seq > 0) return { kind: 'stored', sequence: seq };
    return { kind: 'unknown', reason: 'an acknowledgement without a sequence' };
  } catch (cause) {
    return { kind: 'unknown', reason: 'an unreadable acknowledgement', cause };
  }
}

function readError(code: number, description: string): Published {
  return WRONG_LAST_SEQUENCE.has(code)
    ? { kind: 'refused', reason: description }
    : { kind: 'unknown', reason: `${description} (JetStream error ${code})` };
}

function readStatus({ headers }: Msg): Published {
  const reason =
    headers?.code === NO_RESPONDERS ? 'no stream listens' : `status ${headers?.status ?? 'none'}`;
  return { kind: 'unknown', reason };
}
