import { describe, expect, it } from 'vitest';
import type { Operation, StepOutcome } from '@ground-control/protocol';
import { decideStart } from './decide.js';
import { describe as describeRun } from './describe.js';
import { dueAt } from './due-at.js';
import { bytes, complete, DrivenRun, failure, startRun, wait } from './engine.fixture.js';

const completedTask = (op: number) =>
  ({ kind: 'task.completed', op, at: 1, result: bytes('r'), durationMs: 1 }) as const;

describe('start', () => {
  it('begins with the step named start', () => {
    expect(DrivenRun.started().current).toMatchObject({
      status: 'running',
      step: { name: 'start', handler: 'start', attempt: 0 },
    });
  });

  it('is refused while a run of the workflow id is active', () => {
    const decision = decideStart({ runId: 'other', status: 'waiting' }, startRun(), 1);
    expect(decision).toMatchObject({ kind: 'rejected', code: 'WORKFLOW_ALREADY_RUNNING' });
  });

  it.each([
    ['allow', 'completed', 'accepted'],
    ['allow', 'failed', 'accepted'],
    ['allowIfFailed', 'completed', 'rejected'],
    ['allowIfFailed', 'terminated', 'accepted'],
    ['reject', 'failed', 'rejected'],
  ] as const)('with reuse %s after a run that %s is %s', (reuse, status, expected) => {
    expect(decideStart({ runId: 'other', status }, startRun({ reuse }), 1).kind).toBe(expected);
  });

  it('waits when it is delayed, and the timeout counts from the beginning', () => {
    const run = DrivenRun.started({ delayMs: 500, timeoutMs: 1_000 });
    expect(run.current.status).toBe('scheduled');
    expect(run.assign()).toBe('stale');
    expect(dueAt(run.current, run.now)).toBe(1_500);
    run.now = 1_500;
    expect(run.assign()).toEqual(['step.started']);
    expect(run.current.timeoutAt).toBe(2_500);
  });
});

describe('a step', () => {
  it('is given to one worker at a time', () => {
    const run = DrivenRun.started();
    expect(run.assign('w1')).toEqual(['step.started']);
    expect(run.assign('w2')).toBe('stale');
  });

  it('that its worker gives back is ready at once, or after the delay that it asks for', () => {
    const run = DrivenRun.started();
    run.assign();
    run.report({ kind: 'released', reason: 'the worker shuts down' });
    expect(run.assign()).toEqual(['step.started']);
    run.report({ kind: 'released', reason: 'it needs other code', retryInMs: 500 });
    expect(run.assign()).toBe('stale');
    expect(dueAt(run.current, run.now)).toBe(run.now + 500);
    expect(describeRun(run.current, run.now).waitingFor).toMatchObject({ kind: 'retry', step: 'start' });
    run.now += 500;
    expect(run.assign()).toEqual(['step.started']);
    expect(run.current.step).toMatchObject({ attempt: 3, failures: 0 });
  });

  it('saves its store updates and what comes next in one event', () => {
    const run = DrivenRun.started();
    run.assign();
    expect(run.follow({ kind: 'step', step: 'ship', input: bytes('x') }, [['orderId', bytes('1')]])).toEqual([
      'step.completed',
    ]);
    expect(run.current).toMatchObject({ stepSeq: 2, step: { name: 'ship', attempt: 0 } });
    expect(run.current.store.get('orderId')).toEqual(bytes('1'));
  });

  it('is refused a report of an attempt that is no longer current (invariant 5)', () => {
    const run = DrivenRun.started();
    run.assign('w1');
    const old = { stepSeq: 1, attempt: 1 };
    run.do({ kind: 'release', ...old, reason: 'worker lost' });
    run.assign('w2');
    const outcome: StepOutcome = { kind: 'directive', directive: complete, updates: [] };
    expect(run.do({ kind: 'report', ...old, offset: 0, operations: [], outcome })).toBe('stale');
    expect(run.do({ kind: 'record', ...old, offset: 0, operations: [completedTask(0)] })).toBe('stale');
    expect(run.current).toMatchObject({ status: 'running', step: { attempt: 2, workerId: 'w2' } });
  });

  it('takes a retried report for what it is', () => {
    const run = DrivenRun.started();
    run.assign();
    const outcome: StepOutcome = { kind: 'directive', directive: complete, updates: [] };
    const report = { kind: 'report', stepSeq: 1, attempt: 1, offset: 0, operations: [], outcome } as const;
    expect(run.do({ ...report, operations: [] })).toEqual(['step.completed']);
    expect(run.do({ ...report, operations: [] })).toBe('duplicate');
  });

  it('records operations once, in order, whatever is sent again', () => {
    const run = DrivenRun.started();
    run.assign();
    const ref = { kind: 'record', stepSeq: 1, attempt: 1 } as const;
    expect(run.do({ ...ref, offset: 1, operations: [completedTask(1)] })).toBe('early');
    expect(run.do({ ...ref, offset: 0, operations: [completedTask(0)] })).toEqual(['step.recorded']);
    expect(run.do({ ...ref, offset: 0, operations: [completedTask(0)] })).toBe('duplicate');
    expect(run.do({ ...ref, offset: 0, operations: [completedTask(0), completedTask(1)] })).toEqual([
      'step.recorded',
    ]);
    expect(run.current.step?.operations.map(({ op }) => op)).toEqual([0, 1]);
  });

  it('keeps what was recorded for the next attempt', () => {
    const run = DrivenRun.started();
    run.assign('w1');
    run.do({ kind: 'record', stepSeq: 1, attempt: 1, offset: 0, operations: [completedTask(0)] });
    run.do({ kind: 'release', stepSeq: 1, attempt: 1, reason: 'worker lost' });
    run.assign('w2');
    expect(run.current.step).toMatchObject({ attempt: 2, failures: 0, operations: [{ op: 0 }] });
  });

  it('that fails fails the run with its error', () => {
    const run = DrivenRun.started();
    run.assign();
    run.report({ kind: 'failed', error: failure });
    expect(run.current).toMatchObject({ status: 'failed', error: failure, step: undefined });
  });

  it('that fails with a retry is tried again after the delay', () => {
    const run = DrivenRun.started();
    run.assign();
    run.report({ kind: 'failed', error: failure, retryInMs: 200 });
    expect(run.assign()).toBe('stale');
    expect(dueAt(run.current, run.now)).toBe(1_200);
    run.now = 1_200;
    expect(run.assign()).toEqual(['step.started']);
    expect(run.current.step).toMatchObject({ attempt: 2, failures: 1 });
  });

  it('that takes too long is ended by the coordinator and tried again by its policy', () => {
    const run = DrivenRun.started();
    run.assign('w1', 300, 2);
    expect(dueAt(run.current, run.now)).toBe(1_300);
    expect(run.do({ kind: 'tick' })).toEqual([]);
    run.now = 1_300;
    expect(run.do({ kind: 'tick' })).toEqual(['step.timed_out']);
    run.now = 1_400;
    run.assign('w1', 300, 2);
    run.now = 1_700;
    run.do({ kind: 'tick' });
    expect(run.current).toMatchObject({ status: 'failed', error: { code: 'STEP_TIMEOUT' } });
  });
});

describe('waiting', () => {
  const waiting = (directive = wait): DrivenRun => {
    const run = DrivenRun.started();
    run.assign();
    run.follow(directive);
    return run;
  };
  const send = (id: string, event = 'paid') =>
    ({ kind: 'send', id, event, payload: bytes(id), known: true }) as const;

  it('takes events in the order of their arrival, one a step', () => {
    const run = waiting();
    run.do(send('a'));
    run.do(send('b'));
    expect(run.current.step).toMatchObject({ name: 'paid', handler: 'event', input: bytes('a') });
    run.assign();
    run.follow(wait);
    expect(run.current.step).toMatchObject({ input: bytes('b') });
  });

  it('keeps an event that comes before the run waits', () => {
    const run = DrivenRun.started();
    run.do(send('a'));
    run.assign();
    run.follow(wait);
    expect(run.current.step?.name).toBe('paid');
  });

  it('lets other events lie when it waits for named ones', () => {
    const run = waiting({ kind: 'wait', events: ['paid'] });
    run.do(send('a', 'other'));
    expect(run.current.status).toBe('waiting');
    run.do(send('b', 'paid'));
    expect(run.current.step?.name).toBe('paid');
    run.assign();
    run.follow(wait);
    expect(run.current.step?.name).toBe('other');
  });

  it('takes an event once, however often it is sent', () => {
    const run = waiting();
    run.do(send('a'));
    expect(run.do(send('a'))).toBe('duplicate');
    expect(run.current.inbox).toEqual([]);
  });

  it('refuses an event without a handler', () => {
    expect(waiting().do({ ...send('a'), known: false })).toBe('UNKNOWN_EVENT');
  });

  it('goes on with onTimeout when time is up, and fails without', () => {
    const run = waiting({ kind: 'wait', timeoutMs: 100, onTimeout: 'remind' });
    run.now = 1_100;
    expect(run.do({ kind: 'tick' })).toEqual(['wait.timed_out']);
    expect(run.current.step?.name).toBe('remind');
    const other = waiting({ kind: 'wait', timeoutMs: 100 });
    other.now = 1_100;
    other.do({ kind: 'tick' });
    expect(other.current.status).toBe('failed');
  });

  it('keeps the event that loses the race against the timeout', () => {
    const run = waiting({ kind: 'wait', timeoutMs: 100, onTimeout: 'remind' });
    run.now = 1_100;
    run.do({ kind: 'tick' });
    run.do(send('a'));
    expect(run.current.step?.name).toBe('remind');
    run.assign();
    run.follow(wait);
    expect(run.current.step?.name).toBe('paid');
  });

  it('goes back to waiting when an update is rejected', () => {
    const run = waiting({ kind: 'wait', events: ['paid'] });
    run.do({ kind: 'update', id: 'u1', update: 'change', payload: undefined, known: true });
    run.assign();
    run.report({ kind: 'failed', error: failure });
    expect(run.current).toMatchObject({ status: 'waiting', wait: { events: ['paid'] } });
    expect(run.current.answers.get('u1')).toEqual({ ok: false, error: failure });
  });
});

describe('cancel', () => {
  const cancel = (handler: boolean) => ({ kind: 'cancel', reason: 'changed my mind', handler }) as const;

  it('is at once while nothing runs', () => {
    const run = DrivenRun.started();
    expect(run.do(cancel(false))).toEqual(['run.cancel_requested', 'run.cancelled']);
    expect(run.current).toMatchObject({ status: 'cancelled', reason: 'changed my mind' });
  });

  it('lets the running step finish, then runs the handler, then cancels', () => {
    const run = DrivenRun.started();
    run.assign();
    run.do(cancel(true));
    run.follow({ kind: 'step', step: 'ship', input: undefined }, [['k', bytes('v')]]);
    expect(run.current.step).toMatchObject({ name: 'cancel', handler: 'cancel' });
    expect(run.current.store.has('k')).toBe(true);
    run.assign();
    expect(run.follow(complete)).toEqual(['step.completed', 'run.cancelled']);
    expect(run.current.status).toBe('cancelled');
  });

  it('lets the running step finish and cancels, without a handler', () => {
    const run = DrivenRun.started();
    run.assign();
    run.do(cancel(false));
    expect(run.report({ kind: 'failed', error: failure, retryInMs: 5 })).toEqual([
      'step.failed',
      'run.cancelled',
    ]);
  });

  it('is harmless the second time, and refused when the run has ended', () => {
    const run = DrivenRun.started();
    run.assign();
    run.do(cancel(false));
    expect(run.do(cancel(false))).toBe('duplicate');
    run.follow(complete);
    expect(run.do(cancel(false))).toBe('RUN_FINISHED');
  });
});

describe('a retry of a request that was accepted and ended the run', () => {
  it.each([
    { kind: 'cancel', id: 'request', reason: undefined, handler: false },
    { kind: 'terminate', id: 'request', reason: undefined },
  ] as const)('$kind changes nothing and is no error; another is refused', (request) => {
    const run = DrivenRun.started();
    run.do(request);
    expect(run.do(request)).toBe('duplicate');
    expect(run.do({ ...request, id: 'another' })).toBe('RUN_FINISHED');
  });
});

describe('the end', () => {
  it('terminate is at once and makes every later report stale', () => {
    const run = DrivenRun.started();
    run.assign();
    run.do({ kind: 'terminate', reason: 'ops' });
    expect(run.current).toMatchObject({ status: 'terminated', reason: 'ops' });
    const outcome: StepOutcome = { kind: 'directive', directive: complete, updates: [] };
    expect(run.do({ kind: 'report', stepSeq: 1, attempt: 1, offset: 0, operations: [], outcome })).toBe(
      'stale',
    );
  });

  it('comes when the time of the run is up', () => {
    const run = DrivenRun.started({ timeoutMs: 50 });
    run.assign();
    run.now = 1_050;
    expect(run.do({ kind: 'tick' })).toEqual(['run.timed_out']);
    expect(dueAt(run.current, run.now)).toBeUndefined();
  });

  it('owes its outcome to its parent until it is delivered', () => {
    const run = DrivenRun.started({ parent: { workflowId: 'p', runId: 'P' } });
    run.assign();
    run.follow(complete);
    expect(run.current.outbox).toMatchObject([
      { id: 'parent', outcome: { status: 'completed', result: bytes('done') } },
    ]);
    run.do({ kind: 'strike-outbox', id: 'parent' });
    expect(run.current.outbox).toEqual([]);
  });

  it('owes the end to its children by their close policy', () => {
    const run = DrivenRun.started();
    run.assign();
    const child = (runId: string, parentClosePolicy: 'abandon' | 'terminate') =>
      ({
        kind: 'child.started',
        op: 0,
        at: 1,
        workflowId: runId,
        runId,
        workflowType: 'C',
        input: undefined,
        digest: bytes(''),
        parentClosePolicy,
      }) as const;
    run.report({ kind: 'directive', directive: complete, updates: [] }, [
      child('a', 'abandon'),
      child('t', 'terminate'),
    ]);
    expect(run.current.outbox).toEqual([
      { id: 't', kind: 'child.close', workflowId: 't', runId: 't', policy: 'terminate' },
    ]);
  });

  it('brings the start that its step may not have sent yet, where the run ends in the middle of that', () => {
    const run = DrivenRun.started();
    run.assign();
    const child: Operation = {
      kind: 'child.started',
      op: 0,
      at: 1,
      workflowId: 't',
      runId: 't',
      workflowType: 'C',
      input: bytes('input'),
      digest: bytes(''),
      timeoutMs: 5,
      onCompleted: 'ended',
      parentClosePolicy: 'terminate',
    };
    run.do({ kind: 'record', stepSeq: 1, attempt: 1, offset: 0, operations: [child] });
    run.do({ kind: 'terminate', reason: undefined });
    const { workflowId, runId } = run.current;
    expect(run.current.outbox).toMatchObject([
      {
        kind: 'child.close',
        runId: 't',
        policy: 'terminate',
        start: {
          workflowType: 'C',
          input: bytes('input'),
          timeoutMs: 5,
          onCompleted: 'ended',
          parent: { workflowId, runId },
        },
      },
    ]);
  });
});
