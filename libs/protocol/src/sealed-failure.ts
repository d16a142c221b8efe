import type { ValueCodec } from './codec.js';
import type { Failure } from './failure.js';

/** Stands for the message of an error that only the codec of its application can read. */
export const SEALED_MESSAGE = 'The message is encoded by the codec of its application.';

/** What an error says: it may quote values, and is as secret as they are. */
type Saying = Pick<Failure, 'name' | 'message' | 'stack'>;

/**
 * Has the application's codec encode what an error says, where there is one. Its type and code stay readable: retry
 * policies go by them. Its details are encoded already, and so is its cause by another call.
 */
export function sealFailure(failure: Failure, values: ValueCodec): Failure {
  if (!values.isTransformed) return failure;
  const { name, message, stack, ...rest } = failure;
  const saying: Saying = { name, message, stack };
  return { ...rest, message: SEALED_MESSAGE, sealed: values.encode(saying, 'error') };
}

/** Undoes {@link sealFailure}. Where the codec cannot read it, its message says so. */
export function openFailure(failure: Failure, values: ValueCodec): Failure {
  const { sealed, ...rest } = failure;
  if (sealed === undefined) return failure;
  const opened = values.decode(sealed);
  return isSaying(opened) ? { ...rest, ...opened } : rest;
}

function isSaying(opened: unknown): opened is Saying {
  return typeof opened === 'object' && opened !== null && 'message' in opened;
}
