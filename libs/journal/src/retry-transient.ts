import { setTimeout as delay } from 'node:timers/promises';
import { JetStreamApiError } from '@nats-io/jetstream';
import { GroundControlError } from '@ground-control/protocol';
import { JournalUncertainError } from './journal-errors.js';

/** How often a request is made until it is given up. */
const MAX_TRIES = 5;
/** The delay after the first try, in milliseconds; it doubles with each. */
const FIRST_DELAY_MS = 100;
const UNAVAILABLE = 503;

/**
 * Does what may be done twice until it succeeds: a server that starts, or elects the leader of a stream, is silent or
 * unavailable for a moment.
 *
 * @throws JournalUncertainError when it was of no avail; at once, as it is, what would be the same the next time
 */
export async function retryTransient<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (cause) {
      if (isFinal(cause)) throw cause;
      if (tries === MAX_TRIES) throw new JournalUncertainError(`${what} failed: ${String(cause)}`, { cause });
      await delay(FIRST_DELAY_MS * 2 ** (tries - 1));
    }
  }
}

function isFinal(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status !== UNAVAILABLE;
  return error instanceof GroundControlError;
}
