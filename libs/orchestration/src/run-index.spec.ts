import { attributeDigests } from '@ground-control/journal';
import type { Attributes } from '@ground-control/protocol';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IndexedRun, type IndexFilter, RunIndex } from './run-index.js';

const FOREVER = 4_000_000_000_000;

const attributesOf = (index: number): Attributes => ({ even: index % 2 === 0, number: index % 5 });

function runOf(index: number, changes: Partial<IndexedRun> = {}): IndexedRun {
  return {
    runId: `run ${index}`,
    workflowId: `workflow ${index % 7}`,
    workflowType: `type ${index % 3}`,
    status: index % 2 === 0 ? 'completed' : 'failed',
    startedAt: 1_000_000 + ((index * 7919) % 100),
    expiresAt: FOREVER,
    digests: attributeDigests(attributesOf(index)),
    chunked: index % 4 === 0,
    sequence: index,
    slot: index % 256,
    ...changes,
  };
}

function newestFirst(one: IndexedRun, other: IndexedRun): number {
  return other.startedAt - one.startedAt || (one.runId < other.runId ? 1 : -1);
}

function matches(run: IndexedRun, filter: IndexFilter): boolean {
  return (
    (filter.type === undefined || run.workflowType === filter.type) &&
    (!filter.status || filter.status.includes(run.status)) &&
    (filter.idPrefix === undefined || run.workflowId.startsWith(filter.idPrefix)) &&
    (filter.startedAfter === undefined || run.startedAt > filter.startedAfter) &&
    (filter.startedBefore === undefined || run.startedAt < filter.startedBefore) &&
    Object.entries(filter.attributes ?? {}).every(
      ([name, value]) => attributesOf(run.sequence)[name] === value,
    )
  );
}

const maybe = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const filters: fc.Arbitrary<IndexFilter> = fc.record({
  type: maybe(fc.constantFrom('type 0', 'type 1', 'nobody')),
  status: maybe(fc.subarray(['completed', 'failed', 'waiting'])),
  idPrefix: maybe(fc.constantFrom('work', 'workflow 3', 'x')),
  startedAfter: maybe(fc.integer({ min: 999_990, max: 1_000_110 })),
  startedBefore: maybe(fc.integer({ min: 999_990, max: 1_000_110 })),
  attributes: maybe(fc.constantFrom({ even: true }, { number: 3 }, { even: false, number: 1 }, { none: 1 })),
});

describe('the index of archived runs', () => {
  it('lists what a filter of all runs would, newest first, from any place on', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(3_000), { maxLength: 200 }),
        filters,
        fc.nat(100),
        fc.nat(200),
        (numbers, filter, listedBefore, from) => {
          const index = new RunIndex(() => 0);
          const known = new Map<string, IndexedRun>();
          for (const [at, number] of numbers.entries()) {
            index.add(runOf(number));
            known.set(`run ${number}`, runOf(number));
            // What is added after a listing is merged into the order.
            if (at === listedBefore) [...index.newestFirst({}, undefined)].map(({ runId }) => runId);
          }
          const sorted = [...known.values()].toSorted(newestFirst);
          const expected = sorted.filter((run) => matches(run, filter));
          const ids = (runs: Iterable<IndexedRun>): string[] => [...runs].map(({ runId }) => runId);
          expect(ids(index.newestFirst(filter, undefined))).toEqual(ids(expected));
          const place = sorted[from % Math.max(1, sorted.length)];
          if (!place) return;
          const rest = expected.filter((run) => newestFirst(run, place) > 0);
          expect(ids(index.newestFirst(filter, place))).toEqual(ids(rest));
        },
      ),
    );
  });

  it('finds a run, the latest of a workflow id, and counts by type and status', () => {
    const index = new RunIndex(() => 0);
    for (let number = 0; number < 5_000; number++) index.add(runOf(number));
    expect(index.count).toBe(5_000);
    expect(index.get('run 4711')).toMatchObject({ workflowId: 'workflow 0', sequence: 4711, chunked: false });
    expect(index.get('run 5000')).toBeUndefined();
    const latest = Math.max(
      ...Array.from({ length: 5_000 }, (_, number) => number)
        .filter((number) => number % 7 === 3)
        .map((number) => runOf(number).startedAt),
    );
    expect(index.latest('workflow 3')?.startedAt).toBe(latest);
    expect(index.latest('workflow 9')).toBeUndefined();
    const total = [...index.counts()].reduce((sum, { count }) => sum + count, 0);
    expect(total).toBe(5_000);
    expect(index.bytes / index.count).toBeLessThan(400);
  });

  it('forgets what has expired, and leaves its memory to others', () => {
    let now = 0;
    const index = new RunIndex(() => now);
    for (let number = 0; number < 1_000; number++) {
      index.add(runOf(number, { expiresAt: number < 600 ? 10_000 : FOREVER }));
    }
    now = 20_000;
    expect(index.get('run 5')).toBeUndefined();
    expect([...index.newestFirst({}, undefined)]).toHaveLength(400);
    const forgotten: string[] = [];
    index.expire((run) => forgotten.push(run.runId));
    expect(forgotten).toHaveLength(600);
    expect(index.count).toBe(400);
    expect([...index.newestFirst({}, undefined)]).toHaveLength(400);
    expect(index.get('run 700')?.sequence).toBe(700);
    expect(index.latest('workflow 0')?.expiresAt).toBe(FOREVER);
    expect([...index.counts()].reduce((sum, { count }) => sum + count, 0)).toBe(400);
  });
});
