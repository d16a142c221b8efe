import type { FailureInfo } from './failure.js';

/** What an error may carry besides its message. */
export interface GroundControlErrorOptions {
  cause?: unknown;
  /** Structured data about the error, for example the invalid fields of an input. */
  details?: unknown;
  /** Overrides the class's code: for an error of a newer version that this one has no class for. */
  code?: string;
}

/**
 * The base of every error that Ground Control raises. Branch on `code` or the class, never on the message.
 * A code never changes its meaning; errors cross the wire by code.
 */
export class GroundControlError extends Error {
  static readonly code: string = 'GROUND_CONTROL';
  /** The stable code, listed in docs/reference/errors.md. */
  readonly code: string;
  readonly details?: unknown;

  constructor(message: string, options: GroundControlErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code ?? new.target.code;
    if (options.details !== undefined) this.details = options.details;
  }
}

/** What a failed run's `result()` throws; `cause` has the `type`, `message` and `stack` of the error that failed it. */
export class WorkflowFailedError extends GroundControlError {
  static override readonly code = 'WORKFLOW_FAILED';
  declare readonly cause: Error & { readonly type: string };

  constructor(message: string, options: { cause: Error & { readonly type: string } }) {
    super(message, { cause: options.cause });
  }
}

/** The run was cancelled. */
export class WorkflowCancelledError extends GroundControlError {
  static override readonly code = 'WORKFLOW_CANCELLED';
}

/** The run was terminated. */
export class WorkflowTerminatedError extends GroundControlError {
  static override readonly code = 'WORKFLOW_TERMINATED';
}

/** The run was not done within its timeout. */
export class WorkflowTimedOutError extends GroundControlError {
  static override readonly code = 'WORKFLOW_TIMED_OUT';
}

/** A run of this workflow id is active, or the reuse policy forbids another. */
export class WorkflowAlreadyRunningError extends GroundControlError {
  static override readonly code = 'WORKFLOW_ALREADY_RUNNING';
}

/** No run of this workflow id (or with this run id) is known. */
export class WorkflowNotFoundError extends GroundControlError {
  static override readonly code = 'WORKFLOW_NOT_FOUND';
}

/** No worker has ever registered this workflow type in the namespace. */
export class WorkflowTypeNotRegisteredError extends GroundControlError {
  static override readonly code = 'WORKFLOW_TYPE_NOT_REGISTERED';
}

/** The run has ended and cannot take the request. */
export class RunFinishedError extends GroundControlError {
  static override readonly code = 'RUN_FINISHED';
}

/** The workflow has no handler for this event. */
export class UnknownEventError extends GroundControlError {
  static override readonly code = 'UNKNOWN_EVENT';
}

/** The workflow has no handler for this query. */
export class UnknownQueryError extends GroundControlError {
  static override readonly code = 'UNKNOWN_QUERY';
}

/** The workflow has no handler for this update. */
export class UnknownUpdateError extends GroundControlError {
  static override readonly code = 'UNKNOWN_UPDATE';
}

/** The query's handler threw. */
export class QueryFailedError extends GroundControlError {
  static override readonly code = 'QUERY_FAILED';
}

/** The update's handler threw, or its payload was refused; the run's state is as before. */
export class UpdateRejectedError extends GroundControlError {
  static override readonly code = 'UPDATE_REJECTED';
}

/** `store.get` of a key that is not there; use `find` when that is expected. */
export class StoreKeyNotFoundError extends GroundControlError {
  static override readonly code = 'STORE_KEY_NOT_FOUND';
}

/** A write to the store from a query. */
export class StoreReadOnlyError extends GroundControlError {
  static override readonly code = 'STORE_READ_ONLY';
}

/** An attempt of a task took longer than its timeout. */
export class TaskTimeoutError extends GroundControlError {
  static override readonly code = 'TASK_TIMEOUT';
}

/** A step took longer than its timeout. */
export class StepTimeoutError extends GroundControlError {
  static override readonly code = 'STEP_TIMEOUT';
}

/** The step was ended from outside: terminated, timed out, its lease lost, or the worker shut down. */
export class StepAbortedError extends GroundControlError {
  static override readonly code = 'STEP_ABORTED';
}

/** A replayed step did something else than it did before; the message says what was recorded and what was asked. */
export class NonDeterminismError extends GroundControlError {
  static override readonly code = 'NON_DETERMINISM';
}

/** An argument, option or input is not valid; `details` lists the fields where there are any. */
export class InvalidInputError extends GroundControlError {
  static override readonly code = 'INVALID_INPUT';
}

/** Workflow classes are not well-formed; the message names class, method and cure of each fault. */
export class InvalidWorkflowError extends GroundControlError {
  static override readonly code = 'INVALID_WORKFLOW';
}

/** A value cannot be encoded (a function, a symbol, a circular reference); the message has its path. */
export class UnencodableValueError extends GroundControlError {
  static override readonly code = 'UNENCODABLE_VALUE';
}

/** A value or a request is over its size limit. */
export class PayloadTooLargeError extends GroundControlError {
  static override readonly code = 'PAYLOAD_TOO_LARGE';
}

/** A named limit was reached; `details` tells which. */
export class LimitExceededError extends GroundControlError {
  static override readonly code = 'LIMIT_EXCEEDED';
}

/** A message could not be read by its receiver. */
export class MalformedMessageError extends GroundControlError {
  static override readonly code = 'MALFORMED_MESSAGE';
}

/** No coordinator answered in time. The request may or may not have been carried out; its id makes a retry safe. */
export class CoordinatorUnavailableError extends GroundControlError {
  static override readonly code = 'COORDINATOR_UNAVAILABLE';
}

/** `result({ timeout })` ran out of time; the run goes on. */
export class ResultTimeoutError extends GroundControlError {
  static override readonly code = 'RESULT_TIMEOUT';
}

/** An error that was recorded and whose class this process does not know: it has the recorded type, message and fields. */
export class TaskFailedError extends GroundControlError {
  static override readonly code = 'TASK_FAILED';
  /** The class name of the error that was recorded. */
  readonly type: string;

  constructor(failure: Pick<FailureInfo, 'type' | 'message' | 'details'>) {
    super(failure.message, { details: failure.details });
    this.type = failure.type;
  }
}

/** The one registry of errors; `docs/reference/errors.md` is held to it, in both directions, by a test. */
export const ERROR_CLASSES: readonly (typeof GroundControlError)[] = [
  WorkflowCancelledError,
  WorkflowTerminatedError,
  WorkflowTimedOutError,
  WorkflowAlreadyRunningError,
  WorkflowNotFoundError,
  WorkflowTypeNotRegisteredError,
  RunFinishedError,
  UnknownEventError,
  UnknownQueryError,
  UnknownUpdateError,
  QueryFailedError,
  UpdateRejectedError,
  StoreKeyNotFoundError,
  StoreReadOnlyError,
  TaskTimeoutError,
  StepTimeoutError,
  StepAbortedError,
  NonDeterminismError,
  InvalidInputError,
  InvalidWorkflowError,
  UnencodableValueError,
  PayloadTooLargeError,
  LimitExceededError,
  MalformedMessageError,
  CoordinatorUnavailableError,
  ResultTimeoutError,
];

const classOfCode = new Map(ERROR_CLASSES.map((ErrorClass) => [ErrorClass.code, ErrorClass]));

/** Builds the error of a code; an unknown code becomes a plain {@link GroundControlError} that keeps it. */
export function errorOfCode(code: string, message: string, details?: unknown): GroundControlError {
  const ErrorClass = classOfCode.get(code) ?? GroundControlError;
  return new ErrorClass(message, { code, details });
}
