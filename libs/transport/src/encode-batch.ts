import {
  encodeFrames,
  GroundControlError,
  type Message,
  UnencodableValueError,
} from '@ground-control/protocol';

/** What became of a batch of messages. */
export interface EncodedBatch {
  frames: Uint8Array[];
  /** The messages that cannot be sent, each with its reason. */
  refused: { message: Message; error: GroundControlError }[];
}

/** Encodes messages as frames of at most `maxBytes`. A message that cannot be sent is set apart and stops no other. */
export function encodeBatch(from: string, messages: readonly Message[], maxBytes: number): EncodedBatch {
  const batch: EncodedBatch = { frames: [], refused: [] };
  encodeInto(batch, from, messages, maxBytes);
  return batch;
}

function encodeInto(batch: EncodedBatch, from: string, messages: readonly Message[], maxBytes: number): void {
  try {
    batch.frames.push(...encodeFrames(from, messages, maxBytes));
  } catch (error) {
    const [message] = messages;
    if (messages.length === 1 && message) {
      batch.refused.push({ message, error: asRefusal(message, error) });
      return;
    }
    const half = Math.ceil(messages.length / 2);
    encodeInto(batch, from, messages.slice(0, half), maxBytes);
    encodeInto(batch, from, messages.slice(half), maxBytes);
  }
}

function asRefusal([, body]: Message, error: unknown): GroundControlError {
  if (error instanceof GroundControlError) return error;
  return new UnencodableValueError(`${body.kind} cannot be encoded: ${String(error)}`, { cause: error });
}
