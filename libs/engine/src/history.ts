import type {
  ChildOutcomeOf,
  Encoded,
  Operation,
  ReplayNote,
  StoreChangeOf,
  StoreUpdate,
  WireHistoryEvent,
} from '@ground-control/protocol';
import { assertNever } from './assert-never.js';
import type { RunEvent, StepCompleted } from './events.js';
import { evolve } from './evolve.js';
import { isEnded, type RunState } from './state.js';

type Unnumbered<E> = E extends unknown ? Omit<E, 'seq'> : never;
type NewEvent = Unnumbered<WireHistoryEvent>;

interface StepScope {
  step: string;
  attempt: number;
  workerId: string;
}

/**
 * Turns a run's journal events into its history, one event after the other in commit order. One journal event may be
 * several history events: a step's outcome and the end of its run are saved as one and told as two.
 *
 * It follows the run's state with `evolve`, so that what a journal event leaves out (a step's input, a task's name)
 * comes from the one place that knows.
 */
export class HistoryProjection {
  private seq = 0;
  private state: RunState | undefined;
  private scope: StepScope = { step: 'start', attempt: 0, workerId: '' };
  private readonly tasks = new Map<number, { task: string; args: Encoded | undefined }>();
  /** Children whose end was told and may be heard of once more. */
  private readonly endedChildren = new Set<string>();
  /** Operations that no event tells of: the next event of their step carries them, for a replay. */
  private untold: Operation[] = [];

  constructor(private readonly runId: string) {}

  /** How many children it still has to know by their end. */
  get rememberedChildren(): number {
    return this.endedChildren.size;
  }

  /** The history events that follow from a journal event. @param at when it was decided */
  apply(event: RunEvent, at: number): WireHistoryEvent[] {
    const input = this.state?.step?.input;
    const before = this.state?.status;
    this.state = evolve(this.state, this.runId, event, at);
    const told = this.tell(event, at, input);
    const after = this.state;
    if (before !== undefined && !isEnded(before) && isEnded(after.status)) told.push(this.ended(after, at));
    return told.map((item) => Object.assign({ seq: ++this.seq }, item));
  }

  private tell(event: RunEvent, at: number, input: Encoded | undefined): NewEvent[] {
    switch (event.kind) {
      case 'run.started': {
        const { kind, workflowId, workflowType, input: given, parent, attributes } = event;
        return [{ kind, at, workflowId, workflowType, input: given, parent, attributes }];
      }
      case 'step.started':
        return [this.stepStarted(event.attempt, event.workerId, at, input)];
      case 'step.recorded':
        return this.operations(event.operations);
      case 'step.completed':
        return [...this.operations(event.operations), ...this.completed(event, at)];
      case 'step.failed': {
        const operations = this.operations(event.operations);
        const replay = this.takeUntold();
        const failed: NewEvent = { kind: event.kind, at, ...this.scope, error: event.error, replay };
        return [...operations, failed, ...this.retried(event.retryAt, at, 'failed')];
      }
      case 'step.timed_out':
        return [
          { kind: event.kind, at, ...this.scope, replay: this.takeUntold() },
          ...this.retried(event.retryAt, at, 'timed out'),
        ];
      case 'step.released':
        return [...this.operations(event.operations), ...this.retried(event.retryAt ?? at, at, event.reason)];
      case 'event.received':
        return [{ kind: event.kind, at, event: event.event, payload: event.payload }];
      case 'update.received':
        return [{ kind: event.kind, at, update: event.update, payload: event.payload }];
      case 'child.completed':
        return this.childCompleted(event.outcome, at);
      case 'wait.timed_out':
        return [{ kind: event.kind, at }];
      case 'run.cancel_requested':
        return [{ kind: event.kind, at, reason: event.reason }];
      case 'run.cancelled':
      case 'run.terminated':
      case 'run.timed_out':
      case 'outbox.delivered':
        return [];
      default:
        return assertNever(event);
    }
  }

  private stepStarted(attempt: number, workerId: string, at: number, input: Encoded | undefined): NewEvent {
    const step = this.state?.step?.name ?? '';
    if (attempt === 1) this.forgetStep();
    this.scope = { step, attempt, workerId };
    const { handler, childOutcome } = this.state?.step ?? {};
    const replay = { handler, child: childOutcome?.runId };
    return { kind: 'step.started', at, ...this.scope, input, replay };
  }

  /**
   * Of the last step nothing more is heard. The end of a child that it started is then heard at most from the run, and
   * only for as long as the run has the child among those that go on.
   */
  private forgetStep(): void {
    this.tasks.clear();
    for (const runId of this.endedChildren)
      if (!this.state?.children.has(runId)) this.endedChildren.delete(runId);
  }

  private completed(event: StepCompleted, at: number): NewEvent[] {
    const { kind, directive, updates } = event;
    const store = updates.length > 0 ? updates.map(storeChange) : undefined;
    const completed: NewEvent = {
      kind,
      at,
      ...this.scope,
      directive: directive.kind,
      next: directive.kind === 'step' ? directive.step : undefined,
      store,
      replay: this.takeUntold(),
    };
    if (directive.kind !== 'wait' || this.state?.cancel) return [completed];
    const until = directive.timeoutMs === undefined ? undefined : at + directive.timeoutMs;
    return [completed, { kind: 'wait.started', at, events: directive.events, until }];
  }

  private retried(retryAt: number | undefined, at: number, reason: string): NewEvent[] {
    if (retryAt === undefined) return [];
    const replay = this.takeUntold();
    return [{ kind: 'step.retried', at, ...this.scope, reason, delayMs: retryAt - at, replay }];
  }

  private takeUntold(operation?: Operation): ReplayNote | undefined {
    if (operation) this.untold.push(operation);
    if (this.untold.length === 0) return undefined;
    const operations = this.untold;
    this.untold = [];
    return { operations };
  }

  private ended(state: RunState, at: number): NewEvent {
    switch (state.status) {
      case 'completed':
        return { kind: 'run.completed', at, result: state.result };
      case 'failed':
        return { kind: 'run.failed', at, error: state.error ?? { type: 'Error', message: 'unknown' } };
      case 'cancelled':
        return { kind: 'run.cancelled', at, reason: state.reason };
      case 'terminated':
        return { kind: 'run.terminated', at, reason: state.reason };
      case 'timed_out':
        return { kind: 'run.timed_out', at };
      case 'scheduled':
      case 'running':
      case 'waiting':
        throw new Error(`run ${state.runId} has not ended`);
      default:
        return assertNever(state.status);
    }
  }

  private operations(operations: Operation[]): NewEvent[] {
    return operations.flatMap((operation) => this.operation(operation));
  }

  private operation(operation: Operation): NewEvent[] {
    switch (operation.kind) {
      case 'task.started': {
        const { kind, at, op, task, args, digest } = operation;
        this.tasks.set(op, { task, args });
        return [{ kind, at, ...this.scope, op, task, args, replay: { ...this.takeUntold(), digest } }];
      }
      case 'task.attempt_failed': {
        const { kind, at, op, error, attempt: taskAttempt } = operation;
        return [{ kind, at, ...this.scope, op, ...this.task(op), error, taskAttempt }];
      }
      case 'task.completed': {
        const { kind, at, op, result, durationMs } = operation;
        return [{ kind, at, ...this.scope, op, ...this.task(op), result, durationMs }];
      }
      case 'task.failed': {
        const { kind, at, op, error, durationMs } = operation;
        return [{ kind, at, ...this.scope, op, ...this.task(op), error, durationMs }];
      }
      case 'task.cancelled': {
        const { kind, at, op, durationMs } = operation;
        return [{ kind, at, ...this.scope, op, ...this.task(op), durationMs }];
      }
      case 'child.started': {
        const { kind, at, op, workflowId, runId, workflowType, input } = operation;
        const replay = this.takeUntold(operation);
        return [{ kind, at, ...this.scope, op, workflowId, runId, workflowType, input, replay }];
      }
      case 'child.completed': {
        const told = this.childCompleted(operation.outcome, operation.at);
        if (told.length === 0) this.untold.push(operation);
        return told.map((item) => ({ ...item, replay: this.takeUntold(operation) }));
      }
      case 'event.sent': {
        const { at, op, to, event, payload } = operation;
        const replay = this.takeUntold(operation);
        return [{ kind: 'parent.event_sent', at, ...this.scope, op, to, event, payload, replay }];
      }
      case 'now.recorded':
      case 'random.recorded':
      case 'uuid.recorded':
      case 'sleep.started':
      case 'sleep.completed':
        return [{ ...operation, ...this.scope }];
      case 'child.refused':
      case 'event.refused':
      case 'cancel.seen':
        this.untold.push(operation);
        return [];
      case 'step.retried':
        return [];
      default:
        return assertNever(operation);
    }
  }

  /** The end of a child that a step waited for is heard twice, by the step and by the run; it is told once. */
  private childCompleted(outcome: ChildOutcomeOf<Encoded>, at: number): NewEvent[] {
    if (this.endedChildren.has(outcome.runId)) return [];
    this.endedChildren.add(outcome.runId);
    return [{ kind: 'child.completed', at, ...outcome }];
  }

  private task(op: number): { task: string; args: Encoded | undefined } {
    return this.tasks.get(op) ?? { task: 'unknown', args: undefined };
  }
}

function storeChange([key, value]: StoreUpdate): StoreChangeOf<Encoded | undefined> {
  return value === null ? { key, deleted: true } : { key, value };
}
