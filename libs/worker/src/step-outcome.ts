import {
  type Assignment,
  InvalidWorkflowError,
  NonDeterminismError,
  retryDelayMs,
  type StepOutcome,
  type StoreUpdate,
} from '@ground-control/protocol';
import { type DirectivePlan, planOf } from '@ground-control/workflow';
import { encodeDirective } from './directive-encoder.js';
import { errorTypes } from './error-classes.js';
import type { ServedHandler } from './served-workflow.js';
import type { StepServices } from './step-services.js';

/** Errors that come again whenever the step does: no policy retries them. */
const NEVER_RETRIED: ReadonlySet<string> = new Set([
  'NonDeterminismError',
  'InvalidInputError',
  'InvalidWorkflowError',
  'UnencodableValueError',
  'PayloadTooLargeError',
]);

/** Back-off between tries to replay a step that waits for other code, in milliseconds. */
const OTHER_CODE_RETRY_MS = { first: 500, most: 30_000 } as const;

/** How often a step was tried. */
type Tried = Pick<Assignment, 'attempt' | 'failures'>;

/** What a cancel handler that returns nothing says: the run is cancelled after it, whatever it says. */
const CLEANED_UP: DirectivePlan = { kind: 'complete', result: undefined, reply: undefined };

/**
 * The outcome of a handler that returned.
 *
 * @throws InvalidWorkflowError when that is no directive
 * @throws UnencodableValueError, PayloadTooLargeError
 */
export function decisionOf(
  returned: unknown,
  { method, definition }: ServedHandler,
  updates: StoreUpdate[],
  { values, failures }: StepServices,
): StepOutcome {
  const isQuietCleanUp = returned === undefined && definition.kind === 'cancel';
  const plan = isQuietCleanUp ? CLEANED_UP : planOf(returned);
  if (!plan) throw noDirective(method, returned);
  return { kind: 'directive', directive: encodeDirective(plan, values, failures), updates };
}

/** The outcome of a handler that threw: its policy may allow another attempt. */
export function failureOf(
  error: Error,
  { definition }: ServedHandler,
  assignment: Tried,
  services: StepServices,
): StepOutcome {
  const { retry } = definition;
  const isRetried = retry && !NEVER_RETRIED.has(error.constructor.name);
  const retryInMs = isRetried
    ? retryDelayMs(retry, assignment.failures + 1, errorTypes(error), Math.random())
    : undefined;
  return endedBy(error, assignment, services, retryInMs);
}

/** The outcome of an attempt that an error ends, for good unless there is a delay until the next. */
export function endedBy(
  error: Error,
  { attempt }: Tried,
  { failures, values, waitsForOtherCode }: StepServices,
  retryInMs?: number,
): StepOutcome {
  if (waitsForOtherCode && error instanceof NonDeterminismError) {
    const { first, most } = OTHER_CODE_RETRY_MS;
    return {
      kind: 'released',
      // It quotes arguments, which a codec may be to keep secret.
      reason: values.isTransformed ? error.name : error.message,
      retryInMs: Math.min(first * 2 ** Math.max(0, attempt - 2), most),
    };
  }
  return { kind: 'failed', error: failures.encode(error), retryInMs };
}

function noDirective(method: string, returned: unknown): InvalidWorkflowError {
  const what = returned === undefined ? 'nothing' : `a value of type ${typeof returned}`;
  return new InvalidWorkflowError(
    `${method} returned ${what}. A step returns what ctx.next gives: ` +
      'ctx.next.step(…), wait(…), complete(…) or fail(…).',
  );
}
