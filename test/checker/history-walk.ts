import type { HistoryEvent } from '@ground-control/protocol';

/** Where a run stands at the end of its history. */
export type Position =
  /** A step is to be given to a worker. */
  | 'ready'
  /** A worker has a step. */
  | 'running'
  /** Nothing happens before something arrives or a time is up. */
  | 'waiting'
  | 'ended';

/** These end a run wherever it stands. */
const AT_ANY_TIME: ReadonlySet<string> = new Set(['run.terminated', 'run.timed_out', 'run.cancelled']);

/** The operations of a step that may be there once for each of its calls. */
const OUTCOMES: ReadonlySet<string> = new Set([
  'task.completed',
  'now.recorded',
  'random.recorded',
  'uuid.recorded',
  'sleep.started',
  'sleep.completed',
  'parent.event_sent',
  'child.started',
]);

interface Arrival {
  kind: 'event' | 'update' | 'child';
  name: string;
}

/**
 * Walks a run's history as the state machine would, and notes every step that it could not have taken. It knows the
 * rules from the documentation, and nothing of the engine that it checks.
 */
export class HistoryWalk {
  readonly faults: string[] = [];
  position: Position = 'ready';
  private seq = 0;
  private step = { name: '', attempt: 0, workerId: '' };
  /** The name of the step that must come next, where it is known. */
  private due: string | undefined = 'start';
  /** Whether the step that is ready is one that was there before. */
  private again = false;
  /** What arrived and no step has taken, in order. */
  private readonly arrived: Arrival[] = [];
  /** The names of updates: a run whose update fails goes back to its wait. */
  private readonly updates = new Set<string>();
  /** The events that the last wait takes; undefined for all. */
  private awaited: readonly string[] | undefined;
  private cancelRequested = false;
  private ending: string | undefined;
  private readonly recorded = new Set<string>();
  private readonly children = new Set<string>();

  constructor(history: readonly HistoryEvent[]) {
    for (const event of history) this.take(event);
  }

  /** Whether something lies there that the run would take, waiting as it does. */
  get couldGoOn(): boolean {
    if (this.position !== 'waiting') return this.position !== 'ended';
    return this.arrived.some((arrival) => arrival.kind !== 'child' && this.isAwaited(arrival));
  }

  private take(event: HistoryEvent): void {
    this.seq += 1;
    if (event.seq !== this.seq) this.fault(event, `has number ${event.seq} in place ${this.seq}`);
    if (this.seq === 1 && event.kind !== 'run.started') this.fault(event, 'begins the history');
    if (this.seq > 1 && event.kind === 'run.started') this.fault(event, 'starts the run again');
    if (this.position === 'ended') this.fault(event, `comes after the end of the run`);
    if (this.ending !== undefined && event.kind !== this.ending && !AT_ANY_TIME.has(event.kind))
      this.fault(event, `comes where ${this.ending} must`);
    this.follow(event);
  }

  private follow(event: HistoryEvent): void {
    switch (event.kind) {
      case 'step.started':
        return this.start(event);
      case 'step.completed':
        return this.complete(event);
      case 'step.failed':
      case 'step.timed_out':
        return this.fail(event);
      case 'step.retried':
        return this.retry(event);
      case 'wait.started':
        this.position = 'waiting';
        this.ending = undefined;
        this.awaited = event.events;
        return undefined;
      case 'wait.timed_out':
        if (this.position !== 'waiting') this.fault(event, `comes while the run is ${this.position}`);
        return this.ready(undefined);
      case 'event.received':
        return void this.arrived.push({ kind: 'event', name: event.event });
      case 'update.received':
        this.updates.add(event.update);
        return void this.arrived.push({ kind: 'update', name: event.update });
      case 'child.completed':
        return this.childCompleted(event);
      case 'run.cancel_requested':
        if (this.cancelRequested) this.fault(event, 'is there twice');
        this.cancelRequested = true;
        return undefined;
      case 'run.started':
        return undefined;
      case 'run.completed':
      case 'run.failed':
      case 'run.cancelled':
      case 'run.terminated':
      case 'run.timed_out':
        return this.end(event);
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
      case 'child.started':
      case 'parent.event_sent':
        return this.operation(event);
      default:
        return assertNever(event);
    }
  }

  private start(event: Extract<HistoryEvent, { kind: 'step.started' }>): void {
    const { step, attempt, workerId } = event;
    if (this.position === 'running') this.fault(event, `begins while step ${this.step.name} runs`);
    if (this.position === 'waiting') this.leaveWait(event);
    if (this.again && (step !== this.step.name || attempt !== this.step.attempt + 1))
      this.fault(event, `is not attempt ${this.step.attempt + 1} of step ${this.step.name}`);
    if (!this.again && attempt !== 1) this.fault(event, `begins with attempt ${attempt}`);
    if (this.due !== undefined && this.due !== step && !this.cancelRequested)
      this.fault(event, `begins step ${step} where ${this.due} is due`);
    if (!this.again) this.recorded.clear();
    this.step = { name: step, attempt, workerId };
    this.position = 'running';
    this.again = false;
    this.due = undefined;
  }

  /** A run leaves its wait for what has arrived, or to be cancelled. */
  private leaveWait(event: Extract<HistoryEvent, { kind: 'step.started' }>): void {
    const index = this.arrived.findIndex(
      (it) => this.isAwaited(it) && (it.kind === 'child' || it.name === event.step),
    );
    if (index >= 0) this.arrived.splice(index, 1);
    else if (!this.cancelRequested) this.fault(event, 'begins a step while the run waits for another thing');
  }

  private isAwaited({ kind, name }: Arrival): boolean {
    return kind !== 'event' || this.awaited === undefined || this.awaited.includes(name);
  }

  private complete(event: Extract<HistoryEvent, { kind: 'step.completed' }>): void {
    this.checkCurrent(event);
    this.ready(undefined);
    if (this.cancelRequested) return;
    if (event.directive === 'complete') this.ending = 'run.completed';
    if (event.directive === 'fail') this.ending = 'run.failed';
    if (event.directive === 'wait') this.ending = 'wait.started';
  }

  private fail(event: Extract<HistoryEvent, { kind: 'step.failed' | 'step.timed_out' }>): void {
    this.checkCurrent(event);
    this.ready(undefined);
    if (this.updates.has(event.step)) this.position = 'waiting';
  }

  /** After a failure, or by itself when the step was taken from its worker. */
  private retry(event: Extract<HistoryEvent, { kind: 'step.retried' }>): void {
    if (this.position === 'running') this.checkCurrent(event);
    else if (this.position === 'ended' || this.again)
      this.fault(event, `comes while the run is ${this.position}`);
    this.ready(undefined);
    this.again = true;
  }

  private operation(event: Extract<HistoryEvent, { op: number }>): void {
    this.checkCurrent(event);
    const call = `${event.kind} ${event.op}`;
    if (this.recorded.has(`task.completed ${event.op}`) && event.kind.startsWith('task.'))
      this.fault(event, `comes after call ${event.op} was completed`);
    if (OUTCOMES.has(event.kind) && this.recorded.has(call))
      this.fault(event, `records call ${event.op} twice`);
    this.recorded.add(call);
  }

  private childCompleted(event: Extract<HistoryEvent, { kind: 'child.completed' }>): void {
    if (this.children.has(event.runId)) this.fault(event, `tells the end of child ${event.runId} twice`);
    this.children.add(event.runId);
    // A child whose end no step is called for leaves nothing behind, which a history does not tell.
    this.arrived.push({ kind: 'child', name: '' });
  }

  private end(event: HistoryEvent): void {
    if (event.kind === 'run.completed' && this.ending !== 'run.completed')
      this.fault(event, 'ends a run whose last step did not complete it');
    if (event.kind === 'run.cancelled' && !this.cancelRequested)
      this.fault(event, 'ends a run of which nobody asked that');
    this.position = 'ended';
    this.ending = undefined;
  }

  private ready(due: string | undefined): void {
    this.position = 'ready';
    this.due = due;
    this.again = false;
  }

  private checkCurrent(event: HistoryEvent & { step: string; attempt: number; workerId: string }): void {
    const { name, attempt, workerId } = this.step;
    if (this.position !== 'running') this.fault(event, 'reports of a step while none runs');
    else if (event.step !== name || event.attempt !== attempt || event.workerId !== workerId)
      this.fault(
        event,
        `reports of ${event.step}, attempt ${event.attempt}, while ${name}, attempt ${attempt}, runs`,
      );
  }

  private fault(event: HistoryEvent, what: string): void {
    this.faults.push(`event ${this.seq}, ${event.kind}, ${what}`);
  }
}

function assertNever(event: never): never {
  throw new Error(`unknown event ${JSON.stringify(event)}`);
}
