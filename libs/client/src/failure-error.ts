import {
  errorOfCode,
  type Failure,
  type FailureInfo,
  openFailure,
  type ValueCodec,
} from '@ground-control/protocol';

/** An error that was recorded or sent, as an error of this process. */
export interface RecordedError extends Error {
  /** The class name of the error that was thrown. */
  readonly type: string;
  /** Its own fields besides name, message, stack and cause. */
  readonly details?: unknown;
}

/** A failure with all of it decoded, as histories and listings show it. */
export function failureInfo(failure: Failure, values: ValueCodec): FailureInfo {
  const { details, cause, ...rest } = openFailure(failure, values);
  return {
    ...rest,
    ...(details && { details: values.decode(details) }),
    ...(cause && { cause: failureInfo(cause, values) }),
  };
}

/**
 * An error to throw, or to be the cause of one. It is of Ground Control's own class where the failure has a code;
 * otherwise a plain `Error` that is named as the user's was.
 */
export function failureError(failure: Failure, values: ValueCodec): RecordedError {
  const { type, name = type, message, stack, code, details, cause } = openFailure(failure, values);
  const error = code === undefined ? new Error(message) : errorOfCode(code, message);
  const fields = {
    name,
    type,
    stack: stack ?? `${type}: ${message}`,
    ...(details && { details: values.decode(details) }),
    ...(cause && { cause: failureError(cause, values) }),
  };
  for (const [field, value] of Object.entries(fields)) define(error, field, value);
  return error as RecordedError;
}

// As Error does it with its own: `stack` and `cause` stay out of enumerations, what a user may want to see does not.
function define(error: Error, field: string, value: unknown): void {
  const enumerable = field === 'type' || field === 'details';
  Object.defineProperty(error, field, { value, enumerable, writable: true, configurable: true });
}
