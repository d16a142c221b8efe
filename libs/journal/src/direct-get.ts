import { createInbox, type Msg, type NatsConnection } from '@nats-io/nats-core';
import { JournalUncertainError } from './journal-errors.js';

/** How many messages are asked for at a time, at most. */
const BATCH_MESSAGES = 1024;
/** How many bytes are asked for at a time, about: what a replay has in memory. */
const BATCH_BYTES = 2 * 1024 * 1024;
const END_OF_BATCH = 204;
const NOT_FOUND = 404;

/** What a stream is read through. */
export interface DirectGetSource {
  connection: NatsConnection;
  stream: string;
  /** How long the server may take for the next message, in milliseconds. */
  timeoutMs: number;
  inboxPrefix: string | undefined;
}

/**
 * Reads a batch of a stream by a direct get: there is no consumer to create, and no state stays on the server. Hands
 * over messages from `first` to `last`, in order, as far as the server that answers has them without a gap.
 *
 * @returns the sequence after the last one that was handed over
 * @throws JournalUncertainError when no answer comes in time
 */
export function directGet(
  { connection, stream, timeoutMs, inboxPrefix }: DirectGetSource,
  first: number,
  last: number,
  onMessage: (sequence: number, body: Uint8Array) => void,
): Promise<number> {
  const inbox = createInbox(inboxPrefix);
  return new Promise((resolve, reject) => {
    let next = first;
    const take = (message: Msg): void => {
      timer.refresh();
      if (isEnd(message) || sequenceOf(message) !== next) return finish();
      onMessage(next, message.data);
      next += 1;
    };
    const finish = (error?: unknown): void => {
      clearTimeout(timer);
      subscription.unsubscribe();
      if (error === undefined) resolve(next);
      else reject(error);
    };
    const subscription = connection.subscribe(inbox, {
      callback: (error, message) => attempt(() => (error ? finish(error) : take(message)), finish),
    });
    const timer = setTimeout(() => {
      finish(new JournalUncertainError(`${stream} was not read: nothing came within ${timeoutMs} ms.`));
    }, timeoutMs);
    const request = { seq: first, batch: Math.min(BATCH_MESSAGES, last - first + 1), max_bytes: BATCH_BYTES };
    attempt(
      () => connection.publish(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(request), { reply: inbox }),
      finish,
    );
  });
}

function attempt(action: () => void, onError: (error: unknown) => void): void {
  try {
    action();
  } catch (error) {
    onError(error);
  }
}

/** @throws JournalUncertainError for a status that says neither message nor end */
function isEnd({ headers }: Msg): boolean {
  const code = headers?.code ?? 0;
  if (code === END_OF_BATCH || code === NOT_FOUND) return true;
  if (code === 0) return false;
  throw new JournalUncertainError(`A stream was not read: ${headers?.status ?? code}.`);
}

function sequenceOf({ headers }: Msg): number {
  return Number(headers?.get('Nats-Sequence'));
}
