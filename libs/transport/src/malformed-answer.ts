import { addressOf, encodeFrames, type MalformedMessageError } from '@ground-control/protocol';
import { refusalOf } from './refusal.js';

const MAX_BYTES = 64 * 1024;

/**
 * The frame that tells whoever sent malformed bytes so: a notice of kind `error`. It must be published without a reply
 * subject, so that two peers that cannot read each other do not tell each other for ever.
 */
export function malformedAnswer(from: string, error: MalformedMessageError): Uint8Array {
  const [frame] = encodeFrames(from, [[0, refusalOf(error)]], MAX_BYTES);
  return frame ?? new Uint8Array();
}

/**
 * Whether an answer may go where unreadable bytes ask for it: not to an API of the server, nor to anything of ours but
 * an inbox, or a stranger could write to our streams in our name.
 */
export function mayAnswer(replyTo: string): boolean {
  if (replyTo === '' || replyTo.startsWith('$')) return false;
  return !replyTo.startsWith('gc.') || addressOf(replyTo)?.kind === 'peer';
}
