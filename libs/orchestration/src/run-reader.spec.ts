import type { RunEvent } from '@ground-control/engine';
import { type ArchivedEntry, Checkpoints, MemoryJournalStore, RunArchive } from '@ground-control/journal';
import { beforeEach, describe, expect, it } from 'vitest';
import { RecentBatches } from './recent-batches.js';
import { newRecord, type RunRecord } from './run-record.js';
import { RunReader } from './run-reader.js';

/** Each step is three events of the journal's entry, and four of the history. */
const STEPS = 5_000;
const EVENTS = 1 + 4 * STEPS;

const STARTED: RunEvent = {
  kind: 'run.started',
  workflowId: 'w',
  workflowType: 'T',
  input: undefined,
  timeoutAt: undefined,
  startAt: undefined,
  parent: undefined,
  onCompleted: undefined,
  attributes: undefined,
};

function stepEvents(stepSeq: number): RunEvent[] {
  const ref = { stepSeq, attempt: 1 };
  return [
    { kind: 'step.started', ...ref, workerId: 'w1', timeoutMs: undefined, retry: undefined },
    {
      kind: 'step.completed',
      ...ref,
      operations: [
        { kind: 'task.started', op: 0, at: stepSeq, task: 't', args: undefined, digest: new Uint8Array(20) },
        { kind: 'task.completed', op: 0, at: stepSeq, result: new Uint8Array(20), durationMs: 1 },
      ],
      directive: { kind: 'step', step: 'start', input: undefined },
      updates: [['k', new Uint8Array(8)]],
    },
  ];
}

let archive: RunArchive;
let checkpoints: Checkpoints;
let record: RunRecord;

beforeEach(async () => {
  const store = new MemoryJournalStore();
  await store.open({ partitions: 1, replicas: 1, storage: 'memory' });
  archive = new RunArchive(0, store.records('history', 0), store.records('runs', 0));
  checkpoints = new Checkpoints(0, store.records('state', 0));
  record = newRecord({ runId: 'r', workflowId: 'w', workflowType: 'T', startedAt: 1 }, undefined);
  const entries: ArchivedEntry[] = [{ sequence: 1, at: 1, events: [STARTED] }];
  for (let step = 1; step <= STEPS; step++)
    entries.push({ sequence: step + 1, at: step, events: stepEvents(step) });
  await archive.addChunks('r', entries);
  // As a leader does that died after its chunks, and another that wrote them again.
  const chunk = await archive.addChunks('r', entries.slice(-50));
  record.checkpoint = { record: 0, sequence: STEPS + 1, archived: STEPS + 1, chunk, carries: false };
});

function newReader(): RunReader {
  const nothing = { read: () => Promise.reject(new Error('nothing is in the journal')) };
  return new RunReader(archive, checkpoints, new RecentBatches(nothing));
}

describe('a long history', () => {
  it('is paged whole and in order, with no event twice that was archived twice', async () => {
    const reader = newReader();
    let after = 0;
    for (let more = true; more;) {
      const page = await reader.history(record, after, 999);
      expect(page.events.map(({ seq }) => seq)).toEqual(page.events.map((_, index) => after + 1 + index));
      after += page.events.length;
      more = page.more;
    }
    expect(after).toBe(EVENTS);
  });

  it('is read from anywhere, also behind what another reads', async () => {
    const reader = newReader();
    for (const after of [15_000, 0, 19_990, 7_000, EVENTS]) {
      const { events, more } = await reader.history(record, after, 10);
      const expected = Array.from({ length: Math.min(10, EVENTS - after) }, (_, index) => after + 1 + index);
      expect(events.map(({ seq }) => seq)).toEqual(expected);
      expect(more).toBe(after + 10 < EVENTS);
    }
  });

  it('adds up to the state', async () => {
    expect(await newReader().state(record)).toMatchObject({ status: 'running', stepSeq: STEPS + 1 });
  });
});
