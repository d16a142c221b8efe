import {
  type HistoryEvent,
  type HistoryPage,
  ValueCodec,
  type WireHistoryEvent,
} from '@ground-control/protocol';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';

import { CoordinatorLink } from './coordinator-link.js';
import { HistoryReader } from './history-reader.js';
import { ScriptedPort } from './scripted-port.fixture.js';

const values = new ValueCodec();
const scope = { step: 'start', attempt: 1, workerId: 'w1' };

const encode = (value: unknown): Uint8Array | undefined => values.encode(value, 'value');

function wait(seq: number): WireHistoryEvent {
  return { seq, at: seq * 1_000, kind: 'wait.started', until: seq };
}

function pageOf(events: WireHistoryEvent[], fields: Partial<HistoryPage> = {}): HistoryPage {
  return { kind: 'history.page', runId: 'R1', events, more: false, ended: false, ...fields };
}

function readerOn(port: ScriptedPort): HistoryReader {
  return new HistoryReader({ workflowId: 'a' }, new CoordinatorLink(port, values), values);
}

function serving(...pages: HistoryPage[]): ScriptedPort {
  return new ScriptedPort().answer(
    'workflow.history',
    () => pages.shift() ?? new Promise<never>(() => undefined),
  );
}

describe('HistoryReader.readAll', () => {
  it('decodes times, values and the details of errors', async () => {
    const error = { type: 'E', message: 'm', details: encode({ left: 2 }) };
    const task = { ...scope, op: 0, task: 'charge', args: encode(['order-1', 5]), durationMs: 7 };
    const port = serving(
      pageOf([
        {
          seq: 1,
          at: 1_000,
          kind: 'run.started',
          workflowId: 'a',
          workflowType: 'T',
          input: encode({ n: 1 }),
          parent: undefined,
        },
        { seq: 2, at: 2_000, kind: 'task.completed', ...task, result: encode(new Date(9)) },
        { seq: 3, at: 3_000, kind: 'task.failed', ...task, error },
        { seq: 4, at: 4_000, kind: 'now.recorded', ...scope, op: 1, value: 4_000 },
        { seq: 5, at: 5_000, kind: 'event.received', event: 'go', payload: undefined },
      ]),
    );
    const decoded = { ...scope, op: 0, task: 'charge', args: ['order-1', 5], durationMs: 7 };
    await expect(readerOn(port).readAll()).resolves.toStrictEqual([
      {
        seq: 1,
        at: new Date(1_000),
        kind: 'run.started',
        workflowId: 'a',
        workflowType: 'T',
        input: { n: 1 },
      },
      { seq: 2, at: new Date(2_000), kind: 'task.completed', ...decoded, result: new Date(9) },
      {
        seq: 3,
        at: new Date(3_000),
        kind: 'task.failed',
        ...decoded,
        error: { type: 'E', message: 'm', details: { left: 2 } },
      },
      { seq: 4, at: new Date(4_000), kind: 'now.recorded', ...scope, op: 1, value: new Date(4_000) },
      { seq: 5, at: new Date(5_000), kind: 'event.received', event: 'go', payload: undefined },
    ]);
  });

  it('reads page after page of the run that the first page was of', async () => {
    const port = serving(pageOf([wait(1), wait(2)], { more: true }), pageOf([wait(3)]));
    const events = await readerOn(port).readAll();
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(port.ofKind('workflow.history').map(({ body }) => [body['runId'], body['after']])).toEqual([
      [undefined, 0],
      ['R1', 2],
    ]);
  });
});

describe('HistoryReader.watch', () => {
  it('gives what happened, then what happens, and completes when the run has ended', async () => {
    const port = serving(
      pageOf([wait(1), wait(2)]),
      pageOf([]),
      pageOf([wait(3)]),
      pageOf([wait(4)], { ended: true }),
    );
    const events = await lastValueFrom(readerOn(port).watch().pipe(toArray()));
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    const requests = port.ofKind('workflow.history');
    expect(requests.map(({ body }) => body['after'])).toEqual([0, 2, 2, 3]);
    expect(requests.map(({ options }) => options.timeoutMs)).toEqual(Array(4).fill(Infinity));
    expect(requests.every(({ body }) => body['wait'] === true)).toBe(true);
  });

  it('reads nothing until somebody subscribes', () => {
    const port = serving();
    readerOn(port).watch();
    expect(port.received).toEqual([]);
  });

  it('stops waiting when its subscriber leaves', async () => {
    const port = serving(pageOf([wait(1)]));
    const seen: HistoryEvent[] = [];
    const subscription = readerOn(port)
      .watch()
      .subscribe((event) => seen.push(event));
    await vi.waitFor(() => expect(port.ofKind('workflow.history')).toHaveLength(2));
    subscription.unsubscribe();
    expect(port.ofKind('workflow.history')[1]?.options.signal?.aborted).toBe(true);
    expect(seen).toHaveLength(1);
  });

  it('passes on the error with which it was refused', async () => {
    const port = new ScriptedPort().answer('workflow.history', () => ({
      kind: 'error',
      code: 'WORKFLOW_NOT_FOUND',
      message: 'No run.',
    }));
    await expect(firstValueFrom(readerOn(port).watch())).rejects.toMatchObject({
      code: 'WORKFLOW_NOT_FOUND',
    });
  });
});
