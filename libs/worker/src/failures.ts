import {
  type Encoded,
  errorOfCode,
  type Failure,
  GroundControlError,
  MAX_CAUSE_DEPTH,
  openFailure,
  sealFailure,
  TaskFailedError,
  type ValueCodec,
} from '@ground-control/protocol';
import { errorClassOf, rememberErrorClass } from './error-classes.js';

/** The most characters of a message that are recorded. */
const MAX_MESSAGE_LENGTH = 64 * 1024;

/** The most characters of a stack that are recorded. */
const MAX_STACK_LENGTH = 8 * 1024;

/** The most bytes of an error's own fields that are recorded, encoded. */
const MAX_DETAILS_BYTES = 64 * 1024;

const STANDARD_FIELDS: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause']);

/** What was thrown, as an error: user code may throw anything. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(typeof thrown === 'string' ? thrown : `${describe(thrown)} was thrown.`, {
    cause: thrown,
  });
}

function describe(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null) return `An object (${Object.keys(thrown).join(', ')})`;
  return String(thrown);
}

/** Turns errors into data and back. */
export class Failures {
  constructor(private readonly values: ValueCodec) {}

  /** An error as data, with its own fields as far as they can be encoded. */
  encode(error: Error, depth = 0): Failure {
    rememberErrorClass(error);
    const type = error.constructor.name || error.name;
    const { cause } = error;
    const failure: Failure = {
      type,
      name: error.name === type ? undefined : error.name,
      message: error.message.slice(0, MAX_MESSAGE_LENGTH),
      stack: error.stack?.slice(0, MAX_STACK_LENGTH),
      code: error instanceof GroundControlError ? error.code : undefined,
      details: this.encodeDetails(error),
      cause: cause instanceof Error && depth < MAX_CAUSE_DEPTH ? this.encode(cause, depth + 1) : undefined,
    };
    return sealFailure(failure, this.values);
  }

  /** The error again: of its own class where this process knows it, a {@link TaskFailedError} otherwise. */
  decode(sealed: Failure): Error {
    const failure = openFailure(sealed, this.values);
    const error = this.rebuild(failure);
    if (failure.stack !== undefined) define(error, 'stack', failure.stack);
    if (failure.cause) define(error, 'cause', this.decode(failure.cause));
    return error;
  }

  private rebuild(failure: Failure): Error {
    const { type, message, code } = failure;
    const details = this.values.decode(failure.details);
    const errorClass = errorClassOf(type, code);
    if (!errorClass) {
      if (code === undefined) return new TaskFailedError({ type, message, details });
      return errorOfCode(code, message, details);
    }
    // The constructor may take anything, so it is not called: its class is put on an error that has the fields.
    const error = Object.setPrototypeOf(new Error(message), errorClass.prototype as object) as Error;
    if (code === undefined) Object.assign(error, details);
    else Object.assign(error, { code, ...(details !== undefined && { details }) });
    const name = failure.name ?? type;
    if (error.name !== name) define(error, 'name', name);
    return error;
  }

  private encodeDetails(error: Error): Encoded | undefined {
    if (error instanceof GroundControlError) return this.tryEncode(error.details);
    const fields = Object.entries(error).filter(([field]) => !STANDARD_FIELDS.has(field));
    if (fields.length === 0) return undefined;
    const whole = this.tryEncode(Object.fromEntries(fields));
    if (whole) return whole;
    const encodable = fields.filter(([, value]) => value === undefined || this.tryEncode(value));
    return encodable.length === 0 ? undefined : this.tryEncode(Object.fromEntries(encodable));
  }

  private tryEncode(value: unknown): Encoded | undefined {
    try {
      const encoded = this.values.encode(value, 'details');
      return encoded && encoded.length <= MAX_DETAILS_BYTES ? encoded : undefined;
    } catch {
      return undefined;
    }
  }
}

function define(error: Error, field: string, value: unknown): void {
  Object.defineProperty(error, field, { value, enumerable: false, writable: true, configurable: true });
}
