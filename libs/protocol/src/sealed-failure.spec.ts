import { describe, expect, it } from 'vitest';
import { type PayloadCodec, ValueCodec } from './codec.js';
import type { Failure } from './failure.js';
import { openFailure, SEALED_MESSAGE, sealFailure } from './sealed-failure.js';

/** Turns every bit around: what it encodes cannot be read by accident. */
const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0xff);
const codec: PayloadCodec = { encode: flip, decode: flip };

const secret = new ValueCodec(codec);
const plain = new ValueCodec();
const FAILURE: Failure = {
  type: 'CardDeclinedError',
  name: 'Declined 4711',
  message: 'card 4711 is declined',
  stack: 'Declined 4711: at charge',
  code: 'DECLINED',
};

describe('a failure', () => {
  it('that is sealed keeps type and code readable, and nothing of what the error says', () => {
    const sealed = sealFailure(FAILURE, secret);
    const { sealed: bytes, ...readable } = sealed;
    expect(readable).toEqual({ type: 'CardDeclinedError', code: 'DECLINED', message: SEALED_MESSAGE });
    expect(Buffer.from(bytes ?? []).includes('4711')).toBe(false);
    expect(openFailure(sealed, secret)).toEqual(FAILURE);
  });

  it('stays as it is where there is no codec', () => {
    expect(sealFailure(FAILURE, plain)).toBe(FAILURE);
    expect(openFailure(FAILURE, plain)).toBe(FAILURE);
  });

  it('whose seal opens to something else than what an error says keeps the message that says so', () => {
    const forged = { ...sealFailure(FAILURE, secret), sealed: secret.encode('text', 'value') };
    expect(openFailure(forged, secret)).toEqual({
      type: 'CardDeclinedError',
      code: 'DECLINED',
      message: SEALED_MESSAGE,
    });
  });
});
