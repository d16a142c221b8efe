import type { ClusterInfo } from '@ground-control/client';
import type { HistoryEvent, RunInfo } from '@ground-control/protocol';

import { reduce } from './reduce.js';
import { queryKey } from './runs-query.js';
import { initialState, type Key, type UiMessage, type UiState } from './state.js';
import { textOf } from './lines.js';
import { screenLines } from './views/screen.js';

export const NOW: number = Date.parse('2025-01-31T12:00:00Z');

export function runOf(index: number, fields: Partial<RunInfo> = {}): RunInfo {
  return {
    id: `run-${String(index).padStart(4, '0')}`,
    workflowId: `order-${index}`,
    workflowType: 'ProcessOrder',
    status: 'waiting',
    startedAt: new Date(NOW - index * 1_000),
    waitingFor: { kind: 'event', events: ['approved'] },
    ...fields,
  };
}

export function runs(from: number, count: number): RunInfo[] {
  return Array.from({ length: count }, (_, index) => runOf(from + index));
}

/** The screen after these messages. */
export function after(state: UiState, ...messages: UiMessage[]): UiState {
  return messages.reduce(reduce, state);
}

/** The screen after these keys; text of several characters is typed one after the other. */
export function press(state: UiState, ...keys: Key[]): UiState {
  return after(state, ...keys.map((key): UiMessage => ({ kind: 'key', key })));
}

export function typed(text: string): Key[] {
  return Array.from(text, (character) => ({ text: character }));
}

/** What arrived for the window that is shown. */
export function arrived(state: UiState, rows: RunInfo[], cursor?: string): UiState {
  const page = { runs: rows, ...(cursor !== undefined && { cursor }) };
  return after(state, { kind: 'runs', asked: queryKey(state.runs), page });
}

export function screen(columns = 80, rows = 24): UiState {
  return initialState({ columns, rows }, NOW, 'default · 127.0.0.1:4222');
}

export function textsOf(state: UiState): string[] {
  return screenLines(state).map((line) => textOf(line).trimEnd());
}

export const CLUSTER: ClusterInfo = {
  coordinators: [{ id: 'c1', identity: 'host:7', startedAt: new Date(NOW) }],
  partitions: [
    {
      partition: 0,
      leader: { id: 'c1', identity: 'host:7', startedAt: new Date(NOW) },
      since: new Date(NOW),
      active: [
        { type: 'ProcessOrder', status: 'waiting', runs: 85_012 },
        { type: 'Letter', status: 'running', runs: 12 },
      ],
    },
    { partition: 1, active: [], error: { code: 'COORDINATOR_UNAVAILABLE', message: 'nobody listens there' } },
  ],
  replicas: 1,
  storage: 'file',
  workerLeaseMs: 15_000,
  nats: { server: 'n1', version: '2.15.1' },
};

/** A time that many seconds after the others began. */
function at(seconds: number): Date {
  return new Date(NOW + seconds * 1_000);
}

/** A history of an order that waits, was approved, failed to ship once and then shipped. */
export function history(): HistoryEvent[] {
  const scope = { step: 'start', attempt: 1, workerId: 'w1' };
  const ship = { step: 'ship', attempt: 1, workerId: 'w1' };
  const again = { ...ship, attempt: 2 };
  const events = [
    {
      kind: 'run.started',
      at: at(0),
      workflowId: 'order-1',
      workflowType: 'ProcessOrder',
      input: { qty: 2 },
    },
    { kind: 'step.started', at: at(0), ...scope, input: { qty: 2 } },
    { kind: 'task.started', at: at(0), ...scope, op: 0, task: 'charge', args: [5] },
    {
      kind: 'task.completed',
      at: at(2),
      ...scope,
      op: 0,
      task: 'charge',
      args: [5],
      result: 'p',
      durationMs: 2_000,
    },
    {
      kind: 'step.completed',
      at: at(2),
      ...scope,
      directive: 'wait',
      store: [
        { key: 'paymentId', value: 'p' },
        { key: 'draft', value: true },
      ],
    },
    { kind: 'wait.started', at: at(2), events: ['approved'] },
    { kind: 'event.received', at: at(6), event: 'approved', payload: 'Ann' },
    { kind: 'step.started', at: at(6), ...ship, input: undefined },
    { kind: 'step.failed', at: at(7), ...ship, error: { type: 'RangeError', message: 'no van' } },
    { kind: 'step.retried', at: at(7), ...ship, reason: 'failed', delayMs: 1_000 },
    { kind: 'step.started', at: at(8), ...again, input: undefined },
    {
      kind: 'step.completed',
      at: at(10),
      ...again,
      directive: 'complete',
      store: [{ key: 'draft', deleted: true }],
    },
    { kind: 'run.completed', at: at(10), result: { trackingId: 't-1' } },
  ];
  return events.map((event, index) => ({ ...event, seq: index + 1 }) as unknown as HistoryEvent);
}
