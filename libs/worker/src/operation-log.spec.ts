import type { Operation } from '@ground-control/protocol';
import { describe, expect, it, vi } from 'vitest';
import { type LogOwner, MAX_RECORD_BYTES, OperationLog, type Settled } from './operation-log.js';

const now = (op: number): Operation => ({ kind: 'now.recorded', op, at: op, value: op });
const completed = (op: number, bytes = 1): Operation => ({
  kind: 'task.completed',
  op,
  at: op,
  result: new Uint8Array(bytes),
  durationMs: 0,
});

/** A leader that answers each record when it is told to. */
class Leader implements LogOwner {
  readonly records: { offset: number; ops: number[]; answer: (refusal?: Error) => void }[] = [];
  readonly lost: Error[] = [];

  sendRecord(offset: number, operations: Operation[], onSent: Settled): void {
    this.records.push({ offset, ops: operations.map(({ op }) => op), answer: onSent });
  }

  onLost(error: Error): void {
    this.lost.push(error);
  }

  async answer(refusal?: Error): Promise<void> {
    this.records.at(-1)?.answer(refusal);
    await turn();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

function start(offset = 0): { leader: Leader; log: OperationLog } {
  const leader = new Leader();
  return { leader, log: new OperationLog(offset, leader) };
}

const sent = (leader: Leader): [offset: number, ops: number[]][] =>
  leader.records.map(({ offset, ops }) => [offset, ops]);

describe('the operation log', () => {
  it('sends what was appended in one turn together, one request at a time', async () => {
    const { leader, log } = start(5);
    log.append(now(0));
    log.settle(completed(1), vi.fn());
    log.settle(completed(2), vi.fn());
    await turn();
    log.settle(completed(3), vi.fn());
    await turn();
    expect(sent(leader)).toEqual([[5, [0, 1, 2]]]);
    await leader.answer();
    expect(sent(leader)).toEqual([
      [5, [0, 1, 2]],
      [8, [3]],
    ]);
  });

  it('tells who waits in the order of the records, after they are acknowledged', async () => {
    const { leader, log } = start();
    const told: string[] = [];
    log.settle(completed(0), () => told.push('0'));
    void log.whenDurable().then(() => told.push('durable'));
    log.settle(completed(1), () => told.push('1'));
    await turn();
    expect(told).toEqual([]);
    await leader.answer();
    expect(told.toSorted()).toEqual(['0', '1', 'durable']);
    expect(told.indexOf('0')).toBeLessThan(told.indexOf('1'));
  });

  it('is durable when all but the starts of tasks is recorded', async () => {
    const { leader, log } = start();
    log.append({ kind: 'task.started', op: 0, at: 0, task: 't', args: undefined, digest: new Uint8Array() });
    expect(log.isDurable).toBe(true);
    log.append(now(1));
    expect(log.isDurable).toBe(false);
    log.flush();
    await turn();
    await leader.answer();
    expect(log.isDurable).toBe(true);
  });

  it('takes a refused record out, tells why, and goes on with the numbers that are right', async () => {
    const { leader, log } = start();
    const refusals: unknown[] = [];
    log.settle(completed(0), (refusal) => refusals.push(refusal?.message));
    await turn();
    log.settle(completed(1), (refusal) => refusals.push(refusal?.message));
    await leader.answer(new Error('too large'));
    await leader.answer();
    expect(refusals).toEqual(['too large', undefined]);
    expect(sent(leader)).toEqual([
      [0, [0]],
      [0, [1]],
    ]);
  });

  it('says so when what was refused had been seen', async () => {
    const { leader, log } = start();
    log.append(now(0));
    log.settle(completed(1), vi.fn());
    await turn();
    await leader.answer(new Error('no'));
    expect(leader.lost).toEqual([new Error('no')]);
  });

  it('divides what is large among several requests', async () => {
    const { leader, log } = start();
    for (const op of [0, 1, 2]) log.settle(completed(op, MAX_RECORD_BYTES * 0.6), vi.fn());
    await turn();
    await leader.answer();
    await leader.answer();
    expect(sent(leader)).toEqual([
      [0, [0]],
      [1, [1]],
      [2, [2]],
    ]);
  });

  it('leaves what was not sent to the result, when nothing is on its way and it is not large', async () => {
    const { leader, log } = start();
    log.settle(completed(0), vi.fn());
    await turn();
    for (const op of [1, 2]) log.append(completed(op, MAX_RECORD_BYTES * 0.6));
    const quiet = log.whenQuiet();
    await leader.answer();
    await leader.answer();
    await quiet;
    expect(log.close()).toEqual({ offset: 2, operations: [completed(2, MAX_RECORD_BYTES * 0.6)] });
  });

  it('sends and tells nothing once it was dropped', async () => {
    const { leader, log } = start();
    const settled = vi.fn<(refusal?: Error) => void>();
    log.settle(completed(0), settled);
    await turn();
    log.drop();
    log.settle(completed(1), settled);
    await leader.answer();
    expect(leader.records).toHaveLength(1);
    expect(settled).not.toHaveBeenCalled();
  });
});
