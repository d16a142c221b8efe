import { MalformedMessageError, PayloadTooLargeError } from './errors.js';
import { decodeMessage, type DecodeOptions, encodeMessage } from './message-codec.js';

/** The version of the frame format; a frame of another version is refused. */
export const FRAME_VERSION = 2;

/**
 * One message: a request when `correlation` is above 0 (the number is its sender's and stays the same when it is sent
 * again), a notice when it is 0, and the reply to the request `-correlation` when it is below 0.
 */
export type Message = [correlation: number, body: { kind: string }];

/** Messages that travel together in one NATS message, from one peer. */
export interface Frame {
  from: string;
  messages: Message[];
}

/** The most messages in one frame; one that holds more is refused. */
export const MAX_FRAME_MESSAGES = 10_000;

/**
 * Encodes messages as as few frames as fit `maxBytes` each.
 *
 * @throws PayloadTooLargeError when a single message does not fit
 */
export function encodeFrames(from: string, messages: readonly Message[], maxBytes: number): Uint8Array[] {
  const frame = encodeMessage([FRAME_VERSION, from, messages]);
  if (frame.length <= maxBytes && messages.length <= MAX_FRAME_MESSAGES) return [frame];
  if (messages.length <= 1) {
    throw new PayloadTooLargeError(`A message of ${frame.length} bytes is over the limit of ${maxBytes}.`, {
      details: { bytes: frame.length, limit: maxBytes },
    });
  }
  const half = Math.ceil(messages.length / 2);
  return [
    ...encodeFrames(from, messages.slice(0, half), maxBytes),
    ...encodeFrames(from, messages.slice(half), maxBytes),
  ];
}

/** @throws MalformedMessageError saying what is wrong, when the bytes are no frame of this version */
export function decodeFrame(bytes: Uint8Array, options?: DecodeOptions): Frame {
  const frame = decodeMessage(bytes, options);
  if (!Array.isArray(frame) || frame.length !== 3)
    throw new MalformedMessageError('A frame is an array of three.');
  const [version, from, messages] = frame as unknown[];
  if (version !== FRAME_VERSION)
    throw new MalformedMessageError(`Frame version ${String(version)} is not ${FRAME_VERSION}.`);
  if (typeof from !== 'string' || !Array.isArray(messages) || !messages.every(isMessage)) {
    throw new MalformedMessageError(
      'A frame holds its sender and an array of [correlation, body with a kind].',
    );
  }
  if (messages.length > MAX_FRAME_MESSAGES) {
    throw new MalformedMessageError(
      `A frame of ${messages.length} messages is over the limit of ${MAX_FRAME_MESSAGES}.`,
    );
  }
  return { from, messages };
}

function isMessage(value: unknown): value is Message {
  if (!Array.isArray(value) || value.length !== 2 || !Number.isSafeInteger(value[0])) return false;
  const body: unknown = value[1];
  return typeof body === 'object' && body !== null && typeof (body as { kind?: unknown }).kind === 'string';
}
