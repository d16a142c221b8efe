import type { Encoded, Operation } from '@ground-control/protocol';

/** What a call of a step may be. */
export type CallKind = 'task' | 'now' | 'random' | 'uuid' | 'sleep' | 'child' | 'event';

type Of<Kind extends Operation['kind']> = Extract<Operation, { kind: Kind }>;
type CallOperation = Exclude<Operation, Of<'step.retried' | 'cancel.seen'>>;
/** A call is under way. */
export type Started = Of<'task.started' | 'child.started' | 'sleep.started'>;
/** A call is done, and this is what it returns. */
export type Settling = Exclude<CallOperation, Started | Of<'task.attempt_failed'>>;

/** What earlier attempts recorded of one call. */
export interface RecordedCall {
  readonly op: number;
  readonly kind: CallKind;
  /** What was called, and the digest of what it was called with. */
  readonly name: string;
  readonly digest: Encoded | undefined;
  /** How often the step had been retried when the call was made first. */
  readonly epoch: number;
  /** It failed before the step was retried and was, or is to be, done again: what follows it may be another way. */
  isRedone: boolean;
  started: Started | undefined;
  /** Undefined while the call has to be done (again). */
  settled: Settling | undefined;
  /** Attempts of a task that failed, and when the next one is due. */
  failedAttempts: number;
  retryAt: number;
  isAsked: boolean;
  isDelivered: boolean;
}

/** A point in the order in which things came to pass. */
export interface RecordedPoint {
  call: RecordedCall;
  at: 'started' | 'settled';
}

/** What was recorded of a step, sorted by call; and the order in which calls were settled and children started. */
export interface RecordedCalls {
  calls: Map<number, RecordedCall>;
  order: RecordedPoint[];
  /** How often the step was retried after it failed. */
  epoch: number;
  /** Where the step saw that a cancel was requested. */
  cancelSeen: { op: number; outcomes: number } | undefined;
}

/** Sorts the operations that came with an assignment. */
export function readOperations(operations: readonly Operation[]): RecordedCalls {
  const recorded: RecordedCalls = { calls: new Map(), order: [], epoch: 0, cancelSeen: undefined };
  for (const operation of operations) {
    if (operation.kind === 'step.retried') retry(recorded);
    else if (operation.kind === 'cancel.seen') recorded.cancelSeen = operation;
    else note(recorded, operation);
  }
  return recorded;
}

function note(recorded: RecordedCalls, operation: CallOperation): void {
  const call = callOf(recorded, operation);
  if (operation.kind === 'task.attempt_failed') {
    call.failedAttempts = operation.attempt;
    call.retryAt = operation.retryAt;
  } else if (isStart(operation)) {
    call.started = operation;
    if (operation.kind === 'child.started') recorded.order.push({ call, at: 'started' });
  } else {
    call.settled = operation;
    if (!isValue(operation)) recorded.order.push({ call, at: 'settled' });
  }
}

/** A call that is made after a retry takes the number from what was recorded under it before. */
function callOf(recorded: RecordedCalls, operation: CallOperation): RecordedCall {
  const known = recorded.calls.get(operation.op);
  if (known && (known.epoch === recorded.epoch || !opensCall(operation))) return known;
  if (known) recorded.order = recorded.order.filter(({ call }) => call !== known);
  const call: RecordedCall = {
    op: operation.op,
    kind: operation.kind.slice(0, operation.kind.indexOf('.')) as CallKind,
    ...identityOf(operation),
    epoch: recorded.epoch,
    isRedone: known?.isRedone ?? false,
    started: undefined,
    settled: undefined,
    failedAttempts: 0,
    retryAt: 0,
    isAsked: false,
    isDelivered: false,
  };
  recorded.calls.set(operation.op, call);
  return call;
}

/** The attempt before failed: what failed in it is void, what completed is kept. */
function retry(recorded: RecordedCalls): void {
  recorded.epoch += 1;
  recorded.cancelSeen = undefined;
  for (const call of recorded.calls.values()) {
    call.failedAttempts = 0;
    call.retryAt = 0;
    if (!isFailure(call.settled)) continue;
    call.settled = undefined;
    call.isRedone = true;
  }
  recorded.order = recorded.order.filter(({ call, at }) => at === 'started' || call.settled !== undefined);
}

function isFailure(settled: Settling | undefined): boolean {
  const kind = settled?.kind;
  return (
    kind === 'task.failed' ||
    kind === 'task.cancelled' ||
    kind === 'child.refused' ||
    kind === 'event.refused'
  );
}

function isStart(operation: CallOperation): operation is Started {
  const { kind } = operation;
  return kind === 'task.started' || kind === 'child.started' || kind === 'sleep.started';
}

/** Values are returned at once, so that their place among the outcomes means nothing. */
function isValue({ kind }: CallOperation): boolean {
  return kind === 'now.recorded' || kind === 'random.recorded' || kind === 'uuid.recorded';
}

function opensCall(operation: CallOperation): boolean {
  return isStart(operation) || isValue(operation) || operation.kind.startsWith('event.');
}

function identityOf(operation: CallOperation): Pick<RecordedCall, 'name' | 'digest'> {
  const digest = 'digest' in operation ? operation.digest : undefined;
  return { name: nameOf(operation), digest };
}

function nameOf(operation: CallOperation): string {
  if (operation.kind === 'task.started') return operation.task;
  if (operation.kind === 'child.started') return `${operation.workflowType} ${operation.workflowId}`;
  return 'event' in operation ? `${operation.event} to ${operation.to}` : '';
}
