import type { Operation } from '@ground-control/protocol';
import { afterMicrotasks, type TurnListener } from './after-microtasks.js';

/** The bytes of values above which operations travel in another request, unless a single one is larger. */
export const MAX_RECORD_BYTES: number = 256 * 1024;

/** Hears that an operation is durable, or why it will not be. */
export type Settled = (error?: Error) => void;

/** What the log needs of its step. */
export interface LogOwner {
  /** Sends operations to the step's leader, and tells that they are recorded, or why they were refused. */
  sendRecord(offset: number, operations: Operation[], onSent: Settled): void;
  /** Something was refused that user code has seen already. */
  onLost(error: Error): void;
}

interface Entry {
  /** Absent in a mark: it only waits for what stands before it. */
  operation: Operation | undefined;
  settled: Settled | undefined;
}

/**
 * The operations of one attempt of a step, on their way to its leader.
 *
 * 1. They are recorded in the order in which they were appended, one request at a time: what is appended meanwhile
 *    travels with the next one, and what is appended in one turn of the event loop travels together.
 * 2. Who waits for an operation hears of it after its record was acknowledged, in the same order.
 * 3. A record that is refused is taken out whole: who waits for it gets the error, and the numbering goes on without it.
 */
export class OperationLog implements TurnListener {
  private waiting: Entry[] = [];
  private isSending = false;
  private isFlushing = false;
  private isClosed = false;
  private outstanding = 0;
  private onIdle: (() => void) | undefined;

  /** @param offset how many operations earlier attempts recorded */
  constructor(
    private offset: number,
    private readonly owner: LogOwner,
  ) {}

  /** Whether everything that was appended is recorded, but for the starts of tasks. */
  get isDurable(): boolean {
    return this.outstanding === 0;
  }

  /** Appends what nobody waits for. It travels with what comes next, or with the step's result. */
  append(operation: Operation): void {
    this.add({ operation, settled: undefined });
  }

  /** Appends what must be durable before its caller goes on. */
  settle(operation: Operation, settled: Settled): void {
    this.add({ operation, settled });
    this.flush();
  }

  /** Waits until everything that was appended so far is durable. @throws GroundControlError when it was refused */
  whenDurable(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.add({ operation: undefined, settled: (error) => (error ? reject(error) : resolve()) });
      this.flush();
    });
  }

  /** Sends what waits, at the end of this turn of the event loop. */
  flush(): void {
    if (this.isFlushing) return;
    this.isFlushing = true;
    afterMicrotasks(this);
  }

  onTurn(): void {
    this.isFlushing = false;
    this.sendNext();
  }

  /** Whether something waits that was appended before the time, in milliseconds since the epoch. */
  hasUnsentBefore(time: number): boolean {
    const first = this.waiting[0]?.operation;
    return first !== undefined && first.at < time;
  }

  /** Whether {@link close} can be called: nothing is on its way, and what is left is not too large. */
  get isQuiet(): boolean {
    return !this.isSending && bytesOfAll(this.waiting) <= MAX_RECORD_BYTES;
  }

  /** Waits until the log is quiet. */
  async whenQuiet(): Promise<void> {
    while (!this.isQuiet) await this.nextIdle();
  }

  /** What is left for the step's result. The log takes no more. */
  close(): { offset: number; operations: Operation[] } {
    const operations = operationsOf(this.waiting);
    this.drop();
    return { offset: this.offset, operations };
  }

  /** Forgets what was not sent and tells nobody: the step is no longer this worker's. */
  drop(): void {
    this.isClosed = true;
    this.waiting = [];
  }

  private add(entry: Entry): void {
    if (this.isClosed) return;
    this.waiting.push(entry);
    if (isAwaited(entry)) this.outstanding += 1;
  }

  private nextIdle(): Promise<void> {
    return new Promise((resolve) => {
      this.onIdle = resolve;
      this.flush();
    });
  }

  private sendNext(): void {
    if (this.isSending || this.isClosed || this.waiting.length === 0) return;
    const batch = this.takeBatch();
    const operations = operationsOf(batch);
    if (operations.length === 0) return this.finish(batch, undefined);
    this.isSending = true;
    this.owner.sendRecord(this.offset, operations, (refusal) =>
      this.onReply(batch, operations.length, refusal),
    );
  }

  private onReply(batch: Entry[], count: number, refusal: Error | undefined): void {
    this.isSending = false;
    if (this.isClosed) return;
    if (!refusal) this.offset += count;
    this.finish(batch, refusal);
  }

  private finish(batch: Entry[], refusal: Error | undefined): void {
    for (const entry of batch) {
      if (isAwaited(entry)) this.outstanding -= 1;
      if (entry.settled) entry.settled(refusal);
      else if (refusal && isAwaited(entry)) this.owner.onLost(refusal);
    }
    const { onIdle } = this;
    this.onIdle = undefined;
    onIdle?.();
    if (this.waiting.some(isSettling)) this.flush();
  }

  private takeBatch(): Entry[] {
    const all = this.waiting;
    if (bytesOfAll(all) <= MAX_RECORD_BYTES) {
      this.waiting = [];
      return all;
    }
    let bytes = 0;
    const end = all.findIndex(({ operation }, index) => {
      if (operation) bytes += bytesOf(operation);
      return index > 0 && bytes > MAX_RECORD_BYTES;
    });
    return all.splice(0, end < 0 ? all.length : end);
  }
}

// A task that was started tells of progress only: nothing that user code has seen depends on it.
function isAwaited({ operation }: Entry): boolean {
  return operation !== undefined && operation.kind !== 'task.started';
}

function isSettling({ settled }: Entry): boolean {
  return settled !== undefined;
}

function operationsOf(entries: Entry[]): Operation[] {
  const operations: Operation[] = [];
  for (const { operation } of entries) if (operation) operations.push(operation);
  return operations;
}

function bytesOfAll(entries: Entry[]): number {
  let bytes = 0;
  for (const { operation } of entries) if (operation) bytes += bytesOf(operation);
  return bytes;
}

/** The bytes of what in an operation may be large. */
function bytesOf(operation: Operation): number {
  switch (operation.kind) {
    case 'task.started':
      return lengthOf(operation.args);
    case 'task.completed':
      return lengthOf(operation.result);
    case 'task.failed':
    case 'task.attempt_failed':
    case 'child.refused':
    case 'event.refused':
      return lengthOf(operation.error.details) + lengthOf(operation.error.stack);
    case 'child.started':
      return lengthOf(operation.input);
    case 'child.completed':
      return lengthOf(operation.outcome.result);
    case 'event.sent':
      return lengthOf(operation.payload);
    case 'task.cancelled':
    case 'now.recorded':
    case 'random.recorded':
    case 'uuid.recorded':
    case 'sleep.started':
    case 'sleep.completed':
    case 'cancel.seen':
    case 'step.retried':
      return 0;
  }
}

function lengthOf(value: Uint8Array | string | undefined): number {
  return value?.length ?? 0;
}
