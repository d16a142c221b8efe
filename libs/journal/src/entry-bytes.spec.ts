import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeRecord } from './batch-codec.js';
import { BATCH_OVERHEAD_BYTES, entryBytesAtMost } from './entry-bytes.js';
import type { JournalEntry } from './journal.js';

const value = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined });
const text = fc.string({ unit: 'binary' });
const entries: fc.Arbitrary<JournalEntry[]> = fc.array(
  fc.record({
    runId: text,
    at: fc.double(),
    events: fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('event.received' as const), id: text, event: text, payload: value }),
        fc.record({
          kind: fc.constant('run.started' as const),
          workflowId: text,
          workflowType: text,
          input: value,
          timeoutAt: fc.option(fc.maxSafeInteger(), { nil: undefined }),
          startAt: fc.constant(undefined),
          parent: fc.option(fc.record({ workflowId: text, runId: text }), { nil: undefined }),
          onCompleted: fc.constant(undefined),
          attributes: fc.dictionary(text, fc.oneof(text, fc.double(), fc.boolean()), { maxKeys: 60 }),
        }),
      ),
    ),
  }),
);

it('is never too few', () => {
  fc.assert(
    fc.property(entries, text, (batch, epoch) => {
      const encoded = encodeRecord({
        term: Number.MAX_SAFE_INTEGER,
        epoch: epoch.slice(0, 26),
        entries: batch,
        after: { sequence: Number.MAX_SAFE_INTEGER, digest: 0xff_ff_ff_ff },
      });
      const estimate = batch.reduce((bytes, entry) => bytes + entryBytesAtMost(entry), BATCH_OVERHEAD_BYTES);
      expect(encoded.length).toBeLessThanOrEqual(estimate);
    }),
    { numRuns: 300 },
  );
});

it('is near where it is the values that count', () => {
  const payload = new Uint8Array(100_000);
  const entry: JournalEntry = {
    runId: '01J8ZQ4YV7K3',
    at: 1_700_000_000_000,
    events: [{ kind: 'event.received', id: 'a', event: 'paid', payload }],
  };
  expect(entryBytesAtMost(entry)).toBeLessThan(1.01 * payload.length);
});
