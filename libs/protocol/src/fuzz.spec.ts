import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValueCodec } from './codec.js';
import { MalformedMessageError } from './errors.js';
import { decodeFrame, encodeFrames, type Message } from './frame.js';
import { decodeMessage, encodeMessage } from './message-codec.js';

/** How many inputs each property gets; `npm run fuzz -- --inputs N` gives more. */
const INPUTS = Number(process.env['FUZZ_INPUTS'] ?? 2_000);
const TIMEOUT_MS = 3_600_000;
/** What decoding garbage may leave behind, in bytes. */
const MOST_MEMORY = 256 * 1024 * 1024;

const bytes = fc.uint8Array({ maxLength: 200 });
const value = fc.anything({
  withDate: true,
  withMap: true,
  withSet: true,
  withBigInt: true,
  withTypedArray: true,
});
const frame = fc
  .array(fc.tuple(fc.integer(), fc.record({ kind: fc.string(), value: fc.oneof(bytes, fc.jsonValue()) })), {
    minLength: 1,
    maxLength: 5,
  })
  .map((messages) => encodeFrames('peer', messages as Message[], 1_000_000)[0] ?? new Uint8Array());
const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });

/** Something that was encoded, with bytes changed and the end cut off. */
function spoiled(encoded: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc.tuple(encoded, changes, fc.nat()).map(([original, places, cut]) => {
    const copy = Uint8Array.from(original);
    for (const [place, byte] of places) copy[place % Math.max(1, copy.length)] = byte;
    return cut % 3 === 0 ? copy.subarray(0, cut % (copy.length + 1)) : copy;
  });
}

/** Whether it is read or refused by name: nothing else may come of it. */
function isReadOrRefused(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    return error instanceof MalformedMessageError;
  }
}

/** @returns by how many bytes the heap has grown */
function tryAll(input: fc.Arbitrary<Uint8Array>, read: (raw: Uint8Array) => unknown): number {
  const before = process.memoryUsage().heapUsed;
  fc.assert(
    fc.property(input, (raw) => isReadOrRefused(() => read(raw))),
    { numRuns: INPUTS },
  );
  return process.memoryUsage().heapUsed - before;
}

describe('whatever bytes come', { timeout: TIMEOUT_MS }, () => {
  const codec = new ValueCodec();
  const encodedValue = value
    .filter(canEncode)
    .map((encodable) => codec.encode(encodable, 'value') ?? new Uint8Array());

  function canEncode(candidate: unknown): boolean {
    try {
      codec.encode(candidate, 'value');
      return true;
    } catch {
      return false;
    }
  }

  it.each([
    ['a frame', fc.oneof(bytes, spoiled(frame)), decodeFrame],
    ['a message', fc.oneof(bytes, spoiled(fc.jsonValue().map(encodeMessage))), decodeMessage],
    ['a value', fc.oneof(bytes, spoiled(encodedValue)), (raw: Uint8Array) => codec.decode(raw)],
  ] as const)('%s is read or refused', (_what, input, read) => {
    expect(tryAll(input, read)).toBeLessThan(MOST_MEMORY);
  });
});
