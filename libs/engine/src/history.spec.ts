import type { Operation } from '@ground-control/protocol';
import { describe, expect, it } from 'vitest';
import { bytes, complete, DrivenRun, RUN_ID, wait } from './engine.fixture.js';
import { HistoryProjection } from './history.js';

const outcome = { workflowId: 'child', runId: 'C', status: 'completed', result: bytes('r') } as const;
const started: Operation = {
  kind: 'child.started',
  op: 0,
  at: 1,
  workflowId: 'child',
  runId: 'C',
  workflowType: 'Child',
  input: undefined,
  digest: bytes(''),
  parentClosePolicy: 'abandon',
};
const ended: Operation = { kind: 'child.completed', op: 0, at: 2, outcome };

function kindsOf(run: DrivenRun): string[] {
  const projection = new HistoryProjection(RUN_ID);
  return run.log.flatMap(({ event, at }) => projection.apply(event, at)).map(({ kind }) => kind);
}

describe('the history of a run', () => {
  it.each(['the run', 'the step'])('tells the end of a child once when %s hears of it first', (first) => {
    const run = DrivenRun.started();
    run.assign();
    const record = (operations: Operation[]) =>
      run.do({
        kind: 'record',
        stepSeq: 1,
        attempt: 1,
        offset: run.current.step?.operations.length ?? 0,
        operations,
      });
    record([started]);
    if (first === 'the step') record([ended]);
    run.do({ kind: 'complete-child', outcome });
    if (first === 'the run') record([ended]);
    run.follow(complete);
    expect(kindsOf(run)).toEqual([
      'run.started',
      'step.started',
      'child.started',
      'child.completed',
      'step.completed',
      'run.completed',
    ]);
  });

  it('tells what a step decided before what follows from it', () => {
    const run = DrivenRun.started();
    run.assign();
    run.follow(wait);
    run.do({ kind: 'send', id: 'e', event: 'go', payload: undefined, known: true });
    run.assign();
    run.follow(complete);
    expect(kindsOf(run)).toEqual([
      'run.started',
      'step.started',
      'step.completed',
      'wait.started',
      'event.received',
      'step.started',
      'step.completed',
      'run.completed',
    ]);
  });
});
