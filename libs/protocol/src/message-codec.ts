import { Packr } from 'msgpackr';
import { MalformedMessageError } from './errors.js';
import { SHAPES } from './shapes.js';

// Messages are built by this project alone: msgpackr's records spare the names of the fields of an object. Those of the
// shapes that are known beforehand are never spelled out, others once a message.
const RECORDS = { useRecords: true, moreTypes: false, maxSharedStructures: SHAPES.length } as const;

function packr(structures: string[][], copyBuffers: boolean): Packr {
  return new Packr({ ...RECORDS, copyBuffers, structures });
}

function freshShapes(): string[][] {
  return SHAPES.map((shape) => [...shape]);
}

/**
 * Reads messages. msgpackr notes in its list of shapes what a message defines, also under the number of a shape of ours:
 * what a stranger sends, or a damaged message, must not change what later ones mean. So the list is put right each time.
 */
class MessageReader {
  private readonly known = freshShapes();
  private readonly shapes = [...this.known];
  private readonly packr: Packr;

  constructor(copyBuffers: boolean) {
    this.packr = packr(this.shapes, copyBuffers);
  }

  read(bytes: Uint8Array): unknown {
    try {
      return this.packr.unpack(bytes);
    } finally {
      this.restore();
    }
  }

  private restore(): void {
    const { known, shapes } = this;
    for (let index = 0; index < known.length; index += 1) {
      const shape = known[index];
      if (shape && shapes[index] !== shape) shapes[index] = shape;
    }
  }
}

const encoder: Packr = packr(freshShapes(), false);
const views = new MessageReader(false);
const copies = new MessageReader(true);

/** How a message is decoded. */
export interface DecodeOptions {
  /**
   * Whether the values in it are to be kept for long: then they are copied out, so that a small value does not pin a
   * large frame. @defaultValue false
   */
  copyValues?: boolean | undefined;
}

/** Encodes a message of the protocol, or a record of a journal. */
export function encodeMessage(message: unknown): Uint8Array {
  return encoder.pack(message);
}

/** @throws MalformedMessageError when the bytes are no message */
export function decodeMessage(bytes: Uint8Array, { copyValues = false }: DecodeOptions = {}): unknown {
  try {
    return (copyValues ? copies : views).read(bytes);
  } catch (error) {
    throw new MalformedMessageError('A message cannot be read.', { cause: error });
  }
}
