import type { ChildOutcomeOf, Directive, Encoded, Operation } from '@ground-control/protocol';
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
const goOn: Directive = { kind: 'step', step: 'next', input: undefined };
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

  it('remembers no more children than go on or are of the current step, and tells each end once', () => {
    const run = DrivenRun.started();
    const steps = 300;
    const late: ChildOutcomeOf<Encoded>[] = [];
    for (let step = 0; step < steps; step += 1) {
      run.assign();
      const { seq: stepSeq, attempt } = run.current.step ?? { seq: 0, attempt: 0 };
      const child: ChildOutcomeOf<Encoded> = { ...outcome, runId: `C${step}` };
      const record = (offset: number, operation: Operation) =>
        run.do({ kind: 'record', stepSeq, attempt, offset, operations: [operation] });
      record(0, { ...started, runId: child.runId });
      // The run hears of the end before the step, after it, or when the next steps are already at work.
      if (step % 3 === 0) run.do({ kind: 'complete-child', outcome: child });
      record(1, { ...ended, outcome: child });
      if (step % 3 === 1) run.do({ kind: 'complete-child', outcome: child });
      if (step % 3 === 2) late.push(child);
      if (late.length > 2) run.do({ kind: 'complete-child', outcome: late.shift() ?? child });
      run.follow(step === steps - 1 ? complete : goOn);
    }
    const projection = new HistoryProjection(RUN_ID);
    const told = new Map<string, number>();
    let most = 0;
    for (const { event, at } of run.log) {
      for (const item of projection.apply(event, at))
        if (item.kind === 'child.completed') told.set(item.runId, (told.get(item.runId) ?? 0) + 1);
      most = Math.max(most, projection.rememberedChildren);
    }
    expect(told.size).toBe(steps);
    expect(new Set(told.values())).toEqual(new Set([1]));
    expect(most).toBeLessThanOrEqual(6);
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
