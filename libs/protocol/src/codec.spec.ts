import { describe, expect, it } from 'vitest';
import { ValueCodec } from './codec.js';
import { MalformedMessageError, PayloadTooLargeError, UnencodableValueError } from './errors.js';

const codec = new ValueCodec();
const roundTrip = (value: unknown): unknown => codec.decode(codec.encode(value, 'value'));

describe('ValueCodec', () => {
  const cases: [string, unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['NaN', Number.NaN],
    ['infinity', -Infinity],
    ['a large integer', Number.MAX_SAFE_INTEGER],
    ['a small BigInt', 10n],
    ['a huge BigInt', 2n ** 90n],
    ['a Date', new Date(1_700_000_000_123)],
    [
      'a Map with any keys',
      new Map<unknown, unknown>([
        [1, { a: new Date(5) }],
        ['1', new Map([['x', undefined]])],
      ]),
    ],
    ['a Set', new Set([1, 'a'])],
    ['bytes', new Uint8Array([1, 2, 3])],
    ['nested objects', { list: [{ a: undefined, b: [new Set([1n])] }], text: 'é' }],
  ];
  it.each(cases)('keeps %s', (_name, value) => {
    expect(roundTrip(value)).toEqual(value);
  });

  it('keeps an Error with its class and message', () => {
    expect(roundTrip({ error: new TypeError('no') })).toMatchObject({
      error: expect.any(TypeError) as TypeError,
    });
  });

  it('keeps the fields of a class instance', () => {
    class Money {
      constructor(
        readonly amount: number,
        readonly at: Date,
      ) {}
    }
    expect(roundTrip(new Money(3, new Date(7)))).toEqual({ amount: 3, at: new Date(7) });
  });

  it('refuses functions, symbols and circles with their path', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = { circle };
    expect(() => codec.encode({ a: [{ f: () => 1 }] }, 'input')).toThrow(/input\.a\[0\]\.f is a function/);
    expect(() => codec.encode(new Map([['k', Symbol('s')]]), 'input')).toThrow(/input\.k is a symbol/);
    expect(() => codec.encode(circle, 'input')).toThrow(UnencodableValueError);
  });

  it('accepts the same object in two places', () => {
    const shared = { a: 1 };
    expect(roundTrip([shared, shared])).toEqual([shared, shared]);
  });

  it('refuses a value over its limit', () => {
    expect(() => new ValueCodec(undefined, 10).encode('x'.repeat(20), 'input')).toThrow(PayloadTooLargeError);
  });

  it('passes what it encodes through the transform', () => {
    const flip = {
      encode: (bytes: Uint8Array) => bytes.map((byte) => byte ^ 255),
      decode: (bytes: Uint8Array) => bytes.map((byte) => byte ^ 255),
    };
    const secret = new ValueCodec(flip);
    const encoded = secret.encode('secret', 'input');
    expect(Buffer.from(encoded ?? []).toString('latin1')).not.toContain('secret');
    expect(secret.decode(encoded)).toBe('secret');
  });

  it('names bytes that are no value', () => {
    expect(() => codec.decode(new Uint8Array([0x93, 1]))).toThrow(MalformedMessageError);
  });
});
