import type { Encoded } from './encoded.js';
import type { Failure } from './failure.js';

/** A store update: the key and its new value, or null to delete it. */
export type StoreUpdate = [key: string, value: Encoded | null];

/** What a step decided. */
export type Directive =
  | {
      kind: 'step';
      step: string;
      input: Encoded | undefined;
      delayMs?: number | undefined;
      reply?: Encoded | undefined;
    }
  | {
      kind: 'wait';
      timeoutMs?: number | undefined;
      /** The step that runs when the wait times out; without it the run fails. */
      onTimeout?: string | undefined;
      /** The events that are taken; all that the workflow handles when absent. */
      events?: string[] | undefined;
      reply?: Encoded | undefined;
    }
  | { kind: 'complete'; result: Encoded | undefined; reply?: Encoded | undefined }
  | { kind: 'fail'; error: Failure };

/** How an attempt of a step ended, as its worker reports it. */
export type StepOutcome =
  | { kind: 'directive'; directive: Directive; updates: StoreUpdate[] }
  /** The handler threw. With `retryInMs` the step's policy allows another attempt after that delay. */
  | { kind: 'failed'; error: Failure; retryInMs?: number | undefined }
  /**
   * The worker gives the step back unfinished, for example because it shuts down. With `retryInMs` nobody gets it before
   * that delay.
   */
  | { kind: 'released'; reason: string; retryInMs?: number | undefined };
