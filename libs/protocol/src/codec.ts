import { Packr } from 'msgpackr';
import type { Encoded } from './encoded.js';
import { assertEncodable } from './encodable.js';
import { wrapMaps } from './encoded-map.js';
import { MalformedMessageError, PayloadTooLargeError, UnencodableValueError } from './errors.js';

/**
 * Transforms encoded values on their way out of and into a process, for example to encrypt them.
 * The coordinator and NATS see only what `encode` returns. Both must be pure functions of their input and a key.
 */
export interface PayloadCodec {
  encode(plain: Uint8Array): Uint8Array;
  decode(encoded: Uint8Array): Uint8Array;
}

/** The default limit of one encoded value, in bytes. */
export const MAX_VALUE_BYTES: number = 1024 * 1024;

// Values carry class information (Date, Map, Set, Error, typed arrays) by msgpack extensions; records (msgpackr's
// own extension) are off so that any msgpack library can read a plain value.
const values: Packr = new Packr({ moreTypes: true, useRecords: false, int64AsType: 'bigint' });

/** Encodes and decodes user values: msgpack, then the user's {@link PayloadCodec}. */
export class ValueCodec {
  constructor(
    private readonly transform?: PayloadCodec | undefined,
    private readonly maxBytes: number = MAX_VALUE_BYTES,
  ) {}

  /** Whether a codec of the user's has a part in it. */
  get isTransformed(): boolean {
    return this.transform !== undefined;
  }

  /**
   * `undefined` is encoded as no value at all.
   *
   * @param what names the value in an error, for example `result of task charge`
   * @throws UnencodableValueError with the path, for a function, a symbol or a circular reference
   * @throws PayloadTooLargeError over the limit
   */
  encode(value: unknown, what: string): Encoded | undefined {
    if (value === undefined) return undefined;
    const plain = this.encodePlain(value, what);
    return this.transform ? this.transform.encode(plain) : plain;
  }

  /** As {@link encode}, without the user's codec: for digests, which must not depend on an encryption's nonce. */
  encodePlain(value: unknown, what: string): Uint8Array {
    const { hasMap } = assertEncodable(value, what);
    const plain = pack(hasMap ? wrapMaps(value) : value, what);
    if (plain.length <= this.maxBytes) return plain;
    throw new PayloadTooLargeError(`${what}: ${plain.length} bytes encoded, the limit is ${this.maxBytes}.`, {
      details: { bytes: plain.length, limit: this.maxBytes },
    });
  }

  /** Finishes a value that {@link encodePlain} made. */
  seal(plain: Uint8Array): Encoded {
    return this.transform ? this.transform.encode(plain) : plain;
  }

  /** Undoes {@link seal}. */
  unseal(encoded: Encoded): Uint8Array {
    return this.transform ? this.transform.decode(encoded) : encoded;
  }

  /** @throws MalformedMessageError when the bytes are no encoded value */
  decode(encoded: Encoded | undefined): unknown {
    if (encoded === undefined) return undefined;
    try {
      return values.unpack(this.unseal(encoded));
    } catch (error) {
      throw new MalformedMessageError('An encoded value cannot be read.', { cause: error });
    }
  }
}

function pack(value: unknown, what: string): Uint8Array {
  try {
    return values.pack(value);
  } catch (error) {
    throw new UnencodableValueError(`${what} cannot be encoded: ${String(error)}`, { cause: error });
  }
}
