import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { MalformedMessageError } from './errors.js';
import { FRAME_VERSION } from './frame.js';
import { decodeMessage, encodeMessage } from './message-codec.js';
import { SHAPES } from './shapes.js';

const known = { kind: 'step.recorded', stepSeq: 1, attempt: 2, operations: [] };
const unknown = { kind: 'odd', one: 1, two: { three: 3 } };
const roundTrip = (message: unknown): unknown => decodeMessage(encodeMessage(message));

describe('messages', () => {
  it('keep bytes, numbers and absent fields', () => {
    const message = [{ kind: 'a', value: new Uint8Array([1, 2]), none: undefined, at: 1_764_057_212_000.5 }];
    expect(roundTrip(message)).toEqual([{ ...message[0], value: Buffer.from([1, 2]) }]);
  });

  it('are views of what they came in, or own their values where those are kept', () => {
    const bytes = encodeMessage({ kind: 'a', value: new Uint8Array([1, 2]) });
    const view = decodeMessage(bytes) as { value: Uint8Array };
    const copy = decodeMessage(bytes, { copyValues: true }) as { value: Uint8Array };
    expect(view.value.buffer).toBe(bytes.buffer);
    expect(copy.value.buffer).not.toBe(bytes.buffer);
    expect([...copy.value]).toEqual([1, 2]);
  });

  it('do not spell out the fields of shapes that are known beforehand', () => {
    expect(Buffer.from(encodeMessage(known)).includes('stepSeq')).toBe(false);
    expect(Buffer.from(encodeMessage(unknown)).includes('three')).toBe(true);
  });

  it('mix known and unknown shapes in any order', () => {
    const shape = fc.constantFrom(...SHAPES).map((fields) => fields.map((field) => [field, field.length]));
    const record = shape.map((entries) => Object.fromEntries(entries) as object);
    // msgpackr gives a field called `__proto__` another name, for safety.
    const name = fc.string({ minLength: 1 }).filter((text) => text !== '__proto__');
    const anything = fc.oneof(record, fc.dictionary(name, fc.integer()));
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 30 }), (messages) => {
        expect(roundTrip(messages)).toEqual(messages.map((message) => ({ ...message })));
      }),
      { numRuns: 300 },
    );
  });

  it('cannot change what later messages mean', () => {
    // What a stranger sends may define a record under the number of one of ours.
    const hostile = new Packr({ useRecords: true, maxOwnStructures: 64 });
    for (let count = 0; count < 40; count += 1) {
      const fields = Array.from({ length: 40 }, (_, index) => ({ [`field${index}`]: index, count }));
      expect(decodeMessage(hostile.pack(fields))).toEqual(fields);
      expect(roundTrip(known)).toEqual(known);
    }
  });

  it('that cannot be read are named so', () => {
    expect(() => decodeMessage(new Uint8Array([0x93, 1]))).toThrow(MalformedMessageError);
  });

  it('have shapes whose numbers are those of this version for ever', () => {
    const shapes = createHash('sha256').update(JSON.stringify(SHAPES)).digest('hex').slice(0, 12);
    // A new shape at the end needs a new version of frames and journals, and a new line here.
    expect({ version: FRAME_VERSION, shapes }).toEqual({ version: 2, shapes: 'e483ce11a678' });
  });
});
