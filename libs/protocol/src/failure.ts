import type { Encoded } from './encoded.js';

/** An error as data: what crosses the wire and stays in a run's history. */
export interface FailureOf<Value> {
  /** The error's class name, for example `CardDeclinedError`. */
  type: string;
  /** The error's `name`, where that is not its type. */
  name?: string | undefined;
  message: string;
  stack?: string | undefined;
  /** The stable code of a {@link GroundControlError}; absent for the user's own errors. */
  code?: string | undefined;
  /** The error's own fields besides name, message, stack and cause. */
  details?: Value | undefined;
  cause?: FailureOf<Value> | undefined;
}

/**
 * A failure on the wire: `details` stays encoded, so that the coordinator never reads it. Where the application has a
 * codec, `sealed` holds what the error says, and the message says only so.
 */
export interface Failure extends FailureOf<Encoded> {
  sealed?: Encoded | undefined;
  cause?: Failure | undefined;
}

/** A failure as users see it, with `details` decoded. */
export type FailureInfo = FailureOf<unknown>;

/** How deep a chain of causes is kept. */
export const MAX_CAUSE_DEPTH = 8;
