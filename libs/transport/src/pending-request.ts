import type { Address, Message } from '@ground-control/protocol';
import type { ReplyHandler } from './body.js';
import type { Abortable } from './signal-watch.js';
import type { Scheduled } from './timer-wheel.js';

/** A request that waits for its reply. */
export class PendingRequest implements Scheduled, Abortable {
  dueTick = 0;
  /** When it is sent again, on the clock of `startedAt`. */
  resendAt = 0;
  /** How often it was sent. */
  attempts = 0;
  /** How many waits for a reply it is in, counted from 1; a quick try after a miss is not counted. */
  waits = 1;
  /** How often in a row NATS said that nobody listens. */
  misses = 0;
  /** Whether its next sending is the quick try after a miss. */
  hastened = false;
  /** The turn of the event loop in which it was sent last. */
  sentInTurn = 0;

  /**
   * @param startedAt when it began, in milliseconds of a clock that never goes back
   * @param deadline when it fails, on the same clock; Infinity for never
   */
  constructor(
    readonly to: Address,
    readonly message: Message,
    readonly startedAt: number,
    readonly deadline: number,
    readonly signal: AbortSignal | undefined,
    readonly handler: ReplyHandler,
  ) {}

  get correlation(): number {
    return this.message[0];
  }
}
