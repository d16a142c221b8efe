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

/** How much the mean message size follows the last batch. */
const MEAN_WEIGHT = 0.1;

/** Encodes the messages of one peer as frames. */
export class FrameEncoder {
  private meanBytes = 0;

  constructor(private readonly from: string) {}

  /**
   * Encodes messages as frames of at most `maxBytes`. A message that cannot be sent is set apart and stops no other.
   */
  encode(messages: readonly Message[], maxBytes: number): EncodedBatch {
    const batch: EncodedBatch = { frames: [], refused: [] };
    // A batch that is too large is encoded, halved and encoded again: one that surely is gets cut before that.
    const fitting = Math.max(1, Math.floor(maxBytes / Math.max(1, this.meanBytes)));
    if (messages.length <= fitting) this.encodeInto(batch, messages, maxBytes);
    else {
      for (let start = 0; start < messages.length; start += fitting) {
        this.encodeInto(batch, messages.slice(start, start + fitting), maxBytes);
      }
    }
    this.learn(batch, messages.length);
    return batch;
  }

  private encodeInto(batch: EncodedBatch, messages: readonly Message[], maxBytes: number): void {
    try {
      batch.frames.push(...encodeFrames(this.from, messages, maxBytes));
    } catch (error) {
      const [message] = messages;
      if (messages.length === 1 && message) {
        batch.refused.push({ message, error: asRefusal(message, error) });
        return;
      }
      const half = Math.ceil(messages.length / 2);
      this.encodeInto(batch, messages.slice(0, half), maxBytes);
      this.encodeInto(batch, messages.slice(half), maxBytes);
    }
  }

  private learn(batch: EncodedBatch, count: number): void {
    let bytes = 0;
    for (const frame of batch.frames) bytes += frame.length;
    this.meanBytes += MEAN_WEIGHT * (bytes / count - this.meanBytes);
  }
}

function asRefusal([, body]: Message, error: unknown): GroundControlError {
  if (error instanceof GroundControlError) return error;
  return new UnencodableValueError(`${body.kind} cannot be encoded: ${String(error)}`, { cause: error });
}
