import type {
  Directive,
  Encoded,
  EndedStatus,
  Failure,
  HandlerKind,
  Operation,
} from '@ground-control/protocol';
import { assertNever } from './assert-never.js';
import type { RunEvent, RunStarted, StepCompleted, StepFailed, StepStarted, StepTimedOut } from './events.js';
import {
  type ChildStart,
  type InboxEntry,
  isEnded,
  type RunState,
  type StepState,
  type WaitState,
} from './state.js';

/** How many ids of received events, and how many answers to updates, a run remembers. */
export const MAX_REMEMBERED = 1_000;

/**
 * Applies an event to a run's state and returns it. Deterministic: it depends on its arguments only, so replaying a
 * journal gives the same state on every version. It owns the state and changes it in place, since copying a large
 * store at each step would make a long loop quadratic; nothing else writes to it.
 *
 * @param state undefined for `run.started`
 * @param at when the event was decided, in milliseconds since the epoch
 */
export function evolve(state: RunState | undefined, runId: string, event: RunEvent, at: number): RunState {
  if (event.kind === 'run.started') return begin(runId, event, at);
  if (!state) throw new Error(`run ${runId}: ${event.kind} comes before run.started`);
  apply(state, event, at);
  takeFromInbox(state);
  return state;
}

function apply(state: RunState, event: Exclude<RunEvent, RunStarted>, at: number): void {
  switch (event.kind) {
    case 'step.started':
      return startStep(state, event, at);
    case 'step.recorded':
      return record(state, event.operations);
    case 'step.completed':
      return completeStep(state, event, at);
    case 'step.failed':
      record(state, event.operations);
      return failStep(state, event, event.error, at);
    case 'step.timed_out':
      return failStep(state, event, timeoutFailure(state), at);
    case 'step.released':
      record(state, event.operations);
      if (event.retryAt !== undefined) delay(currentStep(state), event.retryAt, 'retry');
      return vacate(state);
    case 'event.received':
      remember(state.received, event.id);
      return void state.inbox.push({ kind: 'event', name: event.event, input: event.payload });
    case 'update.received':
      remember(state.received, event.id);
      return void state.inbox.push({
        kind: 'update',
        name: event.update,
        input: event.payload,
        id: event.id,
      });
    case 'child.completed':
      return childCompleted(state, event.outcome);
    case 'wait.timed_out':
      return timeOutWait(state, at);
    case 'run.cancel_requested':
      remember(state.received, event.id);
      return requestCancel(state, event);
    case 'run.cancelled':
      return end(state, 'cancelled', at, { reason: state.cancel?.reason });
    case 'run.terminated':
      remember(state.received, event.id);
      return end(state, 'terminated', at, { reason: event.reason });
    case 'run.timed_out':
      return end(state, 'timed_out', at, {});
    case 'outbox.delivered':
      state.outbox = state.outbox.filter((entry) => entry.id !== event.id);
      return;
    default:
      return assertNever(event);
  }
}

function begin(runId: string, event: RunStarted, at: number): RunState {
  const state: RunState = {
    runId,
    workflowId: event.workflowId,
    workflowType: event.workflowType,
    attributes: event.attributes,
    parent: event.parent,
    onCompleted: event.onCompleted,
    startedAt: at,
    timeoutAt: event.timeoutAt,
    status: event.startAt === undefined ? 'running' : 'scheduled',
    stepSeq: 0,
    step: undefined,
    wait: undefined,
    store: new Map(),
    inbox: [],
    received: new Set(),
    answers: new Map(),
    cancel: undefined,
    children: new Map(),
    outbox: [],
    accepted: undefined,
    closedAt: undefined,
    result: undefined,
    error: undefined,
    reason: undefined,
  };
  const step = nextStep(state, 'start', 'start', event.input);
  if (event.startAt !== undefined) delay(step, event.startAt, 'start');
  return state;
}

function nextStep(
  state: RunState,
  name: string,
  handler: HandlerKind,
  input: Encoded | undefined,
): StepState {
  state.stepSeq += 1;
  state.wait = undefined;
  state.step = {
    seq: state.stepSeq,
    name,
    handler,
    input,
    attempt: 0,
    failures: 0,
    operations: [],
    notBefore: undefined,
    delayedBy: undefined,
    workerId: undefined,
    startedAt: 0,
    deadline: undefined,
    retry: undefined,
    childOutcome: undefined,
    update: undefined,
  };
  return state.step;
}

function delay(step: StepState, until: number, reason: StepState['delayedBy']): void {
  step.notBefore = until;
  step.delayedBy = reason;
}

function startStep(state: RunState, event: StepStarted, at: number): void {
  const step = currentStep(state);
  state.status = 'running';
  step.attempt = event.attempt;
  step.workerId = event.workerId;
  step.startedAt = at;
  step.deadline = event.timeoutMs === undefined ? undefined : at + event.timeoutMs;
  step.retry = event.retry;
  step.notBefore = undefined;
  step.delayedBy = undefined;
}

function record(state: RunState, operations: Operation[]): void {
  if (operations.length === 0) return;
  currentStep(state).operations.push(...operations);
  noteChildren(state, operations);
}

function noteChildren(state: RunState, operations: Operation[]): void {
  for (const operation of operations) {
    if (operation.kind !== 'child.started') continue;
    const { workflowId, runId, onCompleted, parentClosePolicy } = operation;
    state.children.set(runId, { workflowId, onCompleted, parentClosePolicy });
  }
}

/** The step's end, its store updates and what comes next, all from one event (invariant 4). */
function completeStep(state: RunState, event: StepCompleted, at: number): void {
  const step = currentStep(state);
  noteChildren(state, event.operations);
  for (const [key, value] of event.updates) {
    if (value === null) state.store.delete(key);
    else state.store.set(key, value);
  }
  state.accepted = { stepSeq: event.stepSeq, attempt: event.attempt };
  state.step = undefined;
  if (step.update) {
    const reply = event.directive.kind === 'fail' ? undefined : event.directive.reply;
    answer(state, step.update.id, { ok: true, reply });
  }
  if (state.cancel) return cancelNow(state, step.handler === 'cancel');
  follow(state, event.directive, at);
}

function follow(state: RunState, directive: Directive, at: number): void {
  switch (directive.kind) {
    case 'step': {
      const step = nextStep(state, directive.step, 'step', directive.input);
      if (directive.delayMs) {
        delay(step, at + directive.delayMs, 'step');
        state.status = 'waiting';
      }
      return;
    }
    case 'wait':
      return wait(state, {
        timeoutAt: directive.timeoutMs === undefined ? undefined : at + directive.timeoutMs,
        onTimeout: directive.onTimeout,
        events: directive.events,
      });
    case 'complete':
      return end(state, 'completed', at, { result: directive.result });
    case 'fail':
      return end(state, 'failed', at, { error: directive.error });
    default:
      return assertNever(directive);
  }
}

function wait(state: RunState, what: WaitState): void {
  state.wait = what;
  state.status = 'waiting';
}

/** With a cancel handler that is yet to run, it is the next step; what follows otherwise is `run.cancelled`. */
function cancelNow(state: RunState, handlerRan: boolean): void {
  state.wait = undefined;
  state.status = 'running';
  state.step = undefined;
  if (state.cancel?.handler && !handlerRan) nextStep(state, 'cancel', 'cancel', undefined);
}

function failStep(state: RunState, event: StepFailed | StepTimedOut, error: Failure, at: number): void {
  const step = currentStep(state);
  state.accepted = { stepSeq: event.stepSeq, attempt: event.attempt };
  if (event.retryAt !== undefined) return retryStep(state, step, event.retryAt, at);
  if (step.update) {
    answer(state, step.update.id, { ok: false, error });
    state.step = undefined;
    if (state.cancel) return cancelNow(state, false);
    return wait(state, step.update.wait);
  }
  if (state.cancel && step.handler !== 'cancel') return cancelNow(state, false);
  end(state, 'failed', at, { error });
}

function retryStep(state: RunState, step: StepState, retryAt: number, at: number): void {
  step.failures += 1;
  step.operations.push({ kind: 'step.retried', op: -1, at });
  delay(step, retryAt, 'retry');
  vacate(state);
}

function vacate(state: RunState): void {
  const step = currentStep(state);
  step.workerId = undefined;
  step.deadline = undefined;
}

function timeoutFailure(state: RunState): Failure {
  const step = currentStep(state);
  return {
    type: 'StepTimeoutError',
    code: 'STEP_TIMEOUT',
    message: `Step ${step.name} was not done within its timeout.`,
  };
}

function timeOutWait(state: RunState, at: number): void {
  const onTimeout = state.wait?.onTimeout;
  if (onTimeout !== undefined) {
    nextStep(state, onTimeout, 'step', undefined);
    state.status = 'running';
    return;
  }
  const error = { type: 'WaitTimeoutError', message: 'The wait timed out and has no onTimeout step.' };
  end(state, 'failed', at, { error });
}

function childCompleted(state: RunState, outcome: Extract<InboxEntry, { kind: 'child' }>['outcome']): void {
  const child = state.children.get(outcome.runId);
  state.children.delete(outcome.runId);
  if (child?.onCompleted !== undefined) state.inbox.push({ kind: 'child', name: child.onCompleted, outcome });
}

function requestCancel(state: RunState, event: { reason: string | undefined; handler: boolean }): void {
  state.cancel = { reason: event.reason, handler: event.handler };
  if (state.step?.workerId === undefined) cancelNow(state, false);
}

/** One entry of the inbox becomes the next step, when the run waits and takes it. */
function takeFromInbox(state: RunState): void {
  const waiting = state.wait;
  if (!waiting || state.inbox.length === 0) return;
  const index = state.inbox.findIndex((entry) => takes(waiting, entry));
  const [entry] = index < 0 ? [] : state.inbox.splice(index, 1);
  if (!entry) return;
  state.status = 'running';
  if (entry.kind === 'child') {
    nextStep(state, entry.name, 'step', entry.outcome.result).childOutcome = entry.outcome;
    return;
  }
  const step = nextStep(state, entry.name, entry.kind, entry.input);
  if (entry.kind === 'update') step.update = { id: entry.id, wait: waiting };
}

/** A wait for named events lets other events lie; updates and children's outcomes are always taken. */
function takes(waiting: WaitState, entry: InboxEntry): boolean {
  return entry.kind !== 'event' || waiting.events === undefined || waiting.events.includes(entry.name);
}

function answer(
  state: RunState,
  id: string,
  reply: { ok: true; reply: Encoded | undefined } | { ok: false; error: Failure },
): void {
  state.answers.set(id, reply);
  trim(state.answers);
}

function remember(ids: Set<string>, id: string | undefined): void {
  if (id === undefined) return;
  ids.add(id);
  trim(ids);
}

function trim(collection: Map<string, unknown> | Set<string>): void {
  if (collection.size <= MAX_REMEMBERED) return;
  for (const oldest of collection.keys()) {
    collection.delete(oldest);
    return;
  }
}

interface Ending {
  result?: Encoded | undefined;
  error?: Failure | undefined;
  reason?: string | undefined;
}

function end(state: RunState, status: EndedStatus, at: number, ending: Ending): void {
  if (isEnded(state.status)) throw new Error(`run ${state.runId} ends twice`);
  state.status = status;
  state.closedAt = at;
  state.result = ending.result;
  state.error = ending.error;
  state.reason = ending.reason;
  oweOutcome(state, status);
  oweChildren(state);
  state.step = undefined;
  state.wait = undefined;
  state.inbox = [];
}

function oweOutcome(state: RunState, status: EndedStatus): void {
  if (!state.parent) return;
  const { workflowId, runId, result, error } = state;
  const outcome = { workflowId, runId, status, result, error };
  state.outbox.push({ id: 'parent', kind: 'child.completed', parent: state.parent, outcome });
}

function oweChildren(state: RunState): void {
  for (const [runId, child] of state.children) {
    if (child.parentClosePolicy === 'abandon') continue;
    const { workflowId, parentClosePolicy: policy } = child;
    const start = startUnderWay(state, runId);
    state.outbox.push({ id: runId, kind: 'child.close', workflowId, runId, policy, start });
  }
  state.children.clear();
}

/**
 * The start of a child by the step that was taken away: its worker may not have sent it yet. A step that reported its
 * end, as all earlier ones have, did so only when its starts were answered.
 */
function startUnderWay(state: RunState, runId: string): ChildStart | undefined {
  for (const operation of state.step?.operations ?? []) {
    if (operation.kind !== 'child.started' || operation.runId !== runId) continue;
    const { workflowType, input, timeoutMs, onCompleted } = operation;
    const parent = { workflowId: state.workflowId, runId: state.runId };
    return { workflowType, input, timeoutMs, onCompleted, parent };
  }
  return undefined;
}

function currentStep(state: RunState): StepState {
  if (!state.step) throw new Error(`run ${state.runId} has no current step`);
  return state.step;
}
