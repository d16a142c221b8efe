import {
  type ChildOutcomeOf,
  type Encoded,
  type Failure,
  type HandlerKind,
  InvalidInputError,
  type Operation,
  type RunContext,
  type WireHistoryEvent,
} from '@ground-control/protocol';

type EventOf<Kind extends WireHistoryEvent['kind']> = Extract<WireHistoryEvent, { kind: Kind }>;

/** The events that tell an operation in full. */
type ToldOperation = EventOf<
  | 'task.started'
  | 'task.attempt_failed'
  | 'task.completed'
  | 'task.failed'
  | 'task.cancelled'
  | 'now.recorded'
  | 'random.recorded'
  | 'uuid.recorded'
  | 'sleep.started'
  | 'sleep.completed'
>;

/** How a step ended, as far as a history tells. */
export type RecordedOutcome =
  | {
      kind: 'directive';
      directive: string;
      next?: string | undefined;
      /** Of a wait: the events that it takes; absent when it takes all. */
      events?: string[] | undefined;
      /** Of a wait that came to nothing, since the run was cancelled: what it would have taken is not known. */
      isOpen?: boolean;
    }
  | { kind: 'failed'; error: Failure };

/** A step with all its attempts, as a history tells of it. */
export interface RecordedStep {
  name: string;
  handler: HandlerKind;
  input: Encoded | undefined;
  /** The number of the event by which its last attempt started. */
  seq: number;
  /** The number of its last attempt. */
  attempt: number;
  failures: number;
  operations: Operation[];
  /** The store when it began. */
  store: [key: string, value: Encoded][];
  /** A cancel had been requested before the last attempt. */
  cancel: { reason: string | undefined } | undefined;
  childOutcome: ChildOutcomeOf<Encoded> | undefined;
  /** Undefined when the history ends before the step does, or the step was ended from outside. */
  outcome: RecordedOutcome | undefined;
}

/** A run as its history tells of it. */
export interface RecordedRun {
  context: Omit<RunContext, 'store'>;
  steps: RecordedStep[];
}

/**
 * Reads a history as the steps that it tells of, each with what a worker would be given for it.
 *
 * @throws InvalidInputError when it is not the history of a run from its beginning, with the notes for a replay
 */
export function recordedRun(events: readonly WireHistoryEvent[]): RecordedRun {
  const [first] = events;
  if (first?.kind !== 'run.started')
    throw new InvalidInputError('A history begins with run.started; this one does not.');
  const reader = new StepReader();
  for (const event of events) reader.take(event);
  const { workflowId, workflowType, parent, attributes } = first;
  return {
    context: { workflowId, workflowType, startedAt: first.at, parent, attributes },
    steps: reader.steps,
  };
}

/** Collects steps, one event after the other. */
class StepReader {
  readonly steps: RecordedStep[] = [];
  private readonly store = new Map<string, Encoded>();
  private readonly children = new Map<string, ChildOutcomeOf<Encoded>>();
  private cancel: RecordedStep['cancel'];
  private lastKind: WireHistoryEvent['kind'] | undefined;

  take(event: WireHistoryEvent): void {
    this.read(event);
    this.lastKind = event.kind;
  }

  private read(event: WireHistoryEvent): void {
    if (event.replay?.operations) this.step.operations.push(...event.replay.operations);
    switch (event.kind) {
      case 'step.started':
        return event.attempt === 1 ? this.begin(event) : this.again(event);
      case 'step.completed':
        return this.complete(event);
      case 'step.failed':
        this.step.outcome = { kind: 'failed', error: event.error };
        return;
      case 'step.retried':
        return this.retry(event);
      case 'wait.started':
        if (this.step.outcome?.kind !== 'directive') return;
        Object.assign(this.step.outcome, { events: event.events, isOpen: false });
        return;
      case 'run.cancel_requested':
        this.cancel = { reason: event.reason };
        return;
      case 'child.completed': {
        const { workflowId, runId, status, result, error } = event;
        this.children.set(runId, { workflowId, runId, status, result, error });
        return;
      }
      case 'run.started':
      case 'run.completed':
      case 'run.failed':
      case 'run.cancelled':
      case 'run.terminated':
      case 'run.timed_out':
      case 'step.timed_out':
      case 'wait.timed_out':
      case 'event.received':
      case 'update.received':
      case 'child.started':
      case 'parent.event_sent':
        // What a replay needs of these is in their notes.
        return;
      case 'task.started':
      case 'task.attempt_failed':
      case 'task.completed':
      case 'task.failed':
      case 'task.cancelled':
      case 'now.recorded':
      case 'random.recorded':
      case 'uuid.recorded':
      case 'sleep.started':
      case 'sleep.completed':
        return void this.step.operations.push(operationOf(event));
      default:
        return assertNever(event);
    }
  }

  private begin(event: EventOf<'step.started'>): void {
    const { handler, child } = event.replay ?? {};
    if (!handler)
      throw new InvalidInputError(
        `Event ${event.seq} does not say what step ${event.step} was called for: the history is of an older version.`,
      );
    this.steps.push({
      name: event.step,
      handler,
      input: event.input,
      seq: event.seq,
      attempt: 1,
      failures: 0,
      operations: [],
      store: [...this.store],
      cancel: this.cancel,
      childOutcome: child === undefined ? undefined : this.children.get(child),
      outcome: undefined,
    });
  }

  private again({ seq, attempt }: EventOf<'step.started'>): void {
    Object.assign(this.step, { seq, attempt, cancel: this.cancel });
  }

  private complete({ directive, next, store = [] }: EventOf<'step.completed'>): void {
    this.step.outcome = { kind: 'directive', directive, next, isOpen: directive === 'wait' };
    for (const change of store) {
      if ('value' in change && change.value) this.store.set(change.key, change.value);
      else this.store.delete(change.key);
    }
  }

  /** After a failure the attempts that follow may take another way; after a loss they may not. */
  private retry({ at }: EventOf<'step.retried'>): void {
    this.step.outcome = undefined;
    if (this.lastKind !== 'step.failed' && this.lastKind !== 'step.timed_out') return;
    this.step.failures += 1;
    this.step.operations.push({ kind: 'step.retried', op: -1, at });
  }

  private get step(): RecordedStep {
    const step = this.steps.at(-1);
    if (step) return step;
    throw new InvalidInputError('The history tells of what a step did before any step started.');
  }
}

function operationOf(event: ToldOperation): Operation {
  switch (event.kind) {
    case 'task.started': {
      const { kind, op, at, task, args, replay } = event;
      return { kind, op, at, task, args, digest: replay?.digest ?? new Uint8Array() };
    }
    case 'task.attempt_failed': {
      const { kind, op, at, taskAttempt: attempt, error } = event;
      return { kind, op, at, attempt, error, retryAt: at };
    }
    case 'task.completed': {
      const { kind, op, at, result, durationMs } = event;
      return { kind, op, at, result, durationMs };
    }
    case 'task.failed': {
      const { kind, op, at, error, durationMs } = event;
      return { kind, op, at, error, durationMs, attempt: 1 };
    }
    case 'task.cancelled': {
      const { kind, op, at, durationMs } = event;
      return { kind, op, at, durationMs };
    }
    case 'now.recorded': {
      const { kind, op, at, value } = event;
      return { kind, op, at, value };
    }
    case 'random.recorded': {
      const { kind, op, at, value } = event;
      return { kind, op, at, value };
    }
    case 'uuid.recorded': {
      const { kind, op, at, value } = event;
      return { kind, op, at, value };
    }
    case 'sleep.started': {
      const { kind, op, at, until } = event;
      return { kind, op, at, until };
    }
    case 'sleep.completed': {
      const { kind, op, at } = event;
      return { kind, op, at };
    }
    default:
      return assertNever(event);
  }
}

function assertNever(value: never): never {
  throw new InvalidInputError(`The history has an event of an unknown kind: ${JSON.stringify(value)}`);
}
