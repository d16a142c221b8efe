import { type Encoded, ValueCodec } from '@ground-control/protocol';

/**
 * Decodes what it can: a value that an application has encrypted is shown as what it is, so that the rest of a
 * history can be read.
 */
export class LenientCodec extends ValueCodec {
  override decode(encoded: Encoded | undefined): unknown {
    try {
      return super.decode(encoded);
    } catch {
      return `<${encoded?.length ?? 0} bytes that cannot be read>`;
    }
  }
}
