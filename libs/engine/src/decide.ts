import { retryDelayMs } from '@ground-control/protocol';
import { assertNever } from './assert-never.js';
import type { AssignStep, Decision, RecordOperations, ReportStep, RunCommand, StartRun } from './commands.js';
import type { AttemptRef, RunEvent } from './events.js';
import { isCurrent, isEnded, type RunState, type StepState } from './state.js';

const DUPLICATE: Decision = { kind: 'duplicate' };
const STALE: Decision = { kind: 'stale' };
const EARLY: Decision = { kind: 'early' };
const NOTHING: Decision = { kind: 'accepted', events: [] };

/** What is known of the last run of a workflow id when another is to start. */
export interface EarlierRun {
  runId: string;
  status: RunState['status'];
}

/**
 * Decides on the start of a run. A run id that exists is a retry, which the caller finds out before it asks.
 *
 * @param earlier the latest run of the same workflow id
 */
export function decideStart(earlier: EarlierRun | undefined, command: StartRun, now: number): Decision {
  if (earlier && !isEnded(earlier.status)) return alreadyRunning(command, `run ${earlier.runId} is active`);
  if (earlier && command.reuse === 'reject')
    return alreadyRunning(command, 'it was used before and reuse is refused');
  if (earlier?.status === 'completed' && command.reuse === 'allowIfFailed') {
    return alreadyRunning(
      command,
      `run ${earlier.runId} completed, and reuse is allowed only after a failure`,
    );
  }
  const startAt = command.delayMs ? now + command.delayMs : undefined;
  const started: RunEvent = {
    kind: 'run.started',
    workflowId: command.workflowId,
    workflowType: command.workflowType,
    input: command.input,
    timeoutAt: command.timeoutMs === undefined ? undefined : (startAt ?? now) + command.timeoutMs,
    startAt,
    parent: command.parent,
    onCompleted: command.onCompleted,
    attributes: command.attributes,
  };
  return accepted(started);
}

/** Decides on a command for a run that exists. Pure: what it needs to know of the world is in the command and `now`. */
export function decide(state: RunState, command: RunCommand, now: number): Decision {
  switch (command.kind) {
    case 'assign':
      return assign(state, command, now);
    case 'record':
      return record(state, command);
    case 'report':
      return report(state, command, now);
    case 'release':
      return release(state, command);
    case 'send':
      return send(state, command);
    case 'update':
      return update(state, command);
    case 'cancel':
      return cancel(state, command);
    case 'terminate':
      if (wasReceived(state, command)) return DUPLICATE;
      if (isEnded(state.status)) return finished(state);
      return accepted({ kind: 'run.terminated', id: command.id, reason: command.reason });
    case 'complete-child':
      return state.children.has(command.outcome.runId)
        ? accepted({ kind: 'child.completed', outcome: command.outcome })
        : DUPLICATE;
    case 'strike-outbox':
      return state.outbox.some((entry) => entry.id === command.id)
        ? accepted({ kind: 'outbox.delivered', id: command.id })
        : DUPLICATE;
    case 'tick':
      return tick(state, now);
    default:
      return assertNever(command);
  }
}

/** Whether the run has a step that a worker may start now. */
export function isAssignable(state: RunState, now: number): boolean {
  const step = state.step;
  return (
    step !== undefined &&
    step.workerId === undefined &&
    (step.notBefore === undefined || step.notBefore <= now)
  );
}

function assign(state: RunState, command: AssignStep, now: number): Decision {
  if (!state.step || !isAssignable(state, now)) return STALE;
  const { workerId, timeoutMs, retry } = command;
  const { seq: stepSeq, attempt } = state.step;
  return accepted({ kind: 'step.started', stepSeq, attempt: attempt + 1, workerId, timeoutMs, retry });
}

function record(state: RunState, command: RecordOperations): Decision {
  if (!isCurrent(state, command)) return STALE;
  const fresh = unrecorded(state, command);
  if (!fresh) return EARLY;
  if (fresh.length === 0) return DUPLICATE;
  const { stepSeq, attempt } = command;
  return accepted({ kind: 'step.recorded', stepSeq, attempt, operations: fresh });
}

/** The operations that are not recorded yet, or undefined when some before them are missing. */
function unrecorded(
  state: RunState,
  command: RecordOperations | ReportStep,
): ReportStep['operations'] | undefined {
  const have = state.step?.operations.length ?? 0;
  if (command.offset > have) return undefined;
  return command.offset === have ? command.operations : command.operations.slice(have - command.offset);
}

function report(state: RunState, command: ReportStep, now: number): Decision {
  if (!isCurrent(state, command)) return wasAccepted(state, command) ? DUPLICATE : STALE;
  const operations = unrecorded(state, command);
  if (!operations) return EARLY;
  const { stepSeq, attempt, outcome } = command;
  const ref = { stepSeq, attempt, operations };
  switch (outcome.kind) {
    case 'directive': {
      const { directive, updates } = outcome;
      return concluded(state, { kind: 'step.completed', ...ref, directive, updates });
    }
    case 'failed': {
      const retryAt = retryTime(state, outcome.retryInMs, now);
      const failed: RunEvent = { kind: 'step.failed', ...ref, error: outcome.error, retryAt };
      return retryAt === undefined ? concluded(state, failed) : accepted(failed);
    }
    case 'released': {
      const { reason, retryInMs } = outcome;
      const retryAt = retryInMs === undefined ? undefined : now + retryInMs;
      return accepted({ kind: 'step.released', ...ref, reason, retryAt });
    }
    default:
      return assertNever(outcome);
  }
}

function wasAccepted(state: RunState, ref: AttemptRef): boolean {
  return state.accepted?.stepSeq === ref.stepSeq && state.accepted.attempt === ref.attempt;
}

/** A step is not tried again once its run is to be cancelled, but for the cancel handler itself. */
function retryTime(state: RunState, delayMs: number | undefined, now: number): number | undefined {
  if (delayMs === undefined || (state.cancel && state.step?.handler !== 'cancel')) return undefined;
  return now + delayMs;
}

/** A step's last attempt ended. Under a cancel, with no handler (left) to run, that ends the run as cancelled. */
function concluded(state: RunState, event: RunEvent): Decision {
  if (!state.cancel) return accepted(event);
  const handlerRan = state.step?.handler === 'cancel';
  if (handlerRan)
    return event.kind === 'step.completed' ? accepted(event, { kind: 'run.cancelled' }) : accepted(event);
  return state.cancel.handler ? accepted(event) : accepted(event, { kind: 'run.cancelled' });
}

function release(state: RunState, command: AttemptRef & { reason: string }): Decision {
  if (!isCurrent(state, command)) return STALE;
  const { stepSeq, attempt, reason } = command;
  return accepted({ kind: 'step.released', stepSeq, attempt, operations: [], reason });
}

/** Whether a request is a retry of one that was accepted, also when that ended the run (invariant 8). */
export function wasReceived(state: RunState, { id }: { id?: string | undefined }): boolean {
  return id !== undefined && state.received.has(id);
}

function send(state: RunState, command: Extract<RunCommand, { kind: 'send' }>): Decision {
  if (wasReceived(state, command)) return DUPLICATE;
  if (isEnded(state.status)) return finished(state);
  if (!command.known) return unknown('UNKNOWN_EVENT', 'event', state, command.event);
  return accepted({ kind: 'event.received', id: command.id, event: command.event, payload: command.payload });
}

function update(state: RunState, command: Extract<RunCommand, { kind: 'update' }>): Decision {
  if (wasReceived(state, command)) return DUPLICATE;
  if (isEnded(state.status)) return finished(state);
  if (!command.known) return unknown('UNKNOWN_UPDATE', 'update', state, command.update);
  return accepted({
    kind: 'update.received',
    id: command.id,
    update: command.update,
    payload: command.payload,
  });
}

function cancel(state: RunState, command: Extract<RunCommand, { kind: 'cancel' }>): Decision {
  if (wasReceived(state, command)) return DUPLICATE;
  if (isEnded(state.status)) return finished(state);
  if (state.cancel) return DUPLICATE;
  const { id, reason, handler } = command;
  const requested: RunEvent = { kind: 'run.cancel_requested', id, reason, handler };
  const running = state.step?.workerId !== undefined;
  return running || handler ? accepted(requested) : accepted(requested, { kind: 'run.cancelled' });
}

function tick(state: RunState, now: number): Decision {
  if (isEnded(state.status)) return NOTHING;
  if (state.timeoutAt !== undefined && state.timeoutAt <= now) return accepted({ kind: 'run.timed_out' });
  if (state.wait?.timeoutAt !== undefined && state.wait.timeoutAt <= now)
    return accepted({ kind: 'wait.timed_out' });
  const step = state.step;
  if (step?.deadline !== undefined && step.deadline <= now) return timeOutStep(state, step, now);
  return NOTHING;
}

function timeOutStep(state: RunState, step: StepState, now: number): Decision {
  const delayMs = step.retry && retryDelayMs(step.retry, step.failures + 1, ['StepTimeoutError'], 0.5);
  const retryAt = retryTime(state, delayMs, now);
  const timedOut: RunEvent = { kind: 'step.timed_out', stepSeq: step.seq, attempt: step.attempt, retryAt };
  return retryAt === undefined ? concluded(state, timedOut) : accepted(timedOut);
}

function accepted(...events: RunEvent[]): Decision {
  return { kind: 'accepted', events };
}

function finished(state: RunState): Decision {
  return {
    kind: 'rejected',
    code: 'RUN_FINISHED',
    message: `Run ${state.runId} of workflow ${state.workflowId} has ended: ${state.status}.`,
  };
}

function unknown(code: string, what: string, state: RunState, name: string): Decision {
  return {
    kind: 'rejected',
    code,
    message: `Workflow type ${state.workflowType} has no handler for ${what} ${JSON.stringify(name)}.`,
  };
}

function alreadyRunning(command: StartRun, why: string): Decision {
  return {
    kind: 'rejected',
    code: 'WORKFLOW_ALREADY_RUNNING',
    message: `Workflow id ${JSON.stringify(command.workflowId)}: ${why}.`,
  };
}
