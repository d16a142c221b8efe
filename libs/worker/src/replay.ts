import { inspect } from 'node:util';
import { NonDeterminismError, type Operation } from '@ground-control/protocol';
import type { Deliveries } from './deliveries.js';
import { sameDigest } from './digest.js';
import { type CallKind, readOperations, type RecordedCall, type RecordedCalls } from './recorded-calls.js';
import { ReplayOrder } from './replay-order.js';

/** A call that a handler makes. */
export interface AskedCall {
  op: number;
  kind: CallKind;
  /** What is called: the task's name, the child's type and id, the event and its receiver. */
  name: string;
  /** The digest of what it is called with. */
  digest: Uint8Array | undefined;
  args: readonly unknown[];
}

/** What a replay needs of its step. */
export interface ReplayHost {
  step: string;
  deliveries: Deliveries;
  /** Undoes what the user's codec did to a digest. */
  unseal(digest: Uint8Array): Uint8Array;
  /** What was recorded of a call's arguments. */
  argsOf(call: RecordedCall): readonly unknown[];
}

/** Of a step that only replays: it does nothing that was not recorded. */
export interface ReplayBounds {
  /** The step makes a call that was not recorded; it is never answered. */
  onNewCall(asked: AskedCall): void;
  /** All that was recorded has been returned, and the step waits for what was not. */
  onEdge(): void;
}

/** The most characters of arguments in a message. */
const MAX_SPELLED_LENGTH = 200;

/**
 * What earlier attempts of a step recorded, and whether this attempt does the same.
 *
 * 1. A call is the recorded one when it has the same number, kind, name and arguments; if not, it is an error, which
 *    says what was recorded and what was asked.
 * 2. A handler that ends without having made a call that was recorded as done is an error, too.
 * 3. Where a call that had failed was done again, since the step was retried, the handler may take another way: what
 *    was recorded before is returned where it matches, and passed over where it does not.
 */
export class Replay {
  readonly order: ReplayOrder;
  private readonly calls: Map<number, RecordedCall>;
  private readonly epoch: number;
  private readonly cancelSeen: RecordedCalls['cancelSeen'];
  // What was recorded in an epoch before this one need not match (3).
  private divergedEpoch = 0;
  private isOver = false;

  constructor(
    operations: readonly Operation[],
    private readonly host: ReplayHost,
    bounds?: ReplayBounds,
  ) {
    const { calls, order, epoch, cancelSeen } = readOperations(operations);
    this.calls = calls;
    this.epoch = epoch;
    this.cancelSeen = cancelSeen;
    const onEdge = bounds && (() => bounds.onEdge());
    this.order = new ReplayOrder(order, host.deliveries, epoch > 0, onEdge);
  }

  /** Whether something recorded has yet to be returned. */
  get isReplaying(): boolean {
    if (this.isOver) return false;
    for (const call of this.calls.values()) {
      if (call.settled && !call.isDelivered && this.mustMatch(call)) return true;
    }
    this.isOver = true;
    return false;
  }

  /**
   * Whether the step saw by now that a cancel was requested; undefined when that is not for the record to say.
   *
   * @param op the number of the next call
   */
  sawCancel(op: number): boolean | undefined {
    const { cancelSeen } = this;
    if (cancelSeen) return op >= cancelSeen.op && this.host.deliveries.count >= cancelSeen.outcomes;
    return this.isReplaying ? false : undefined;
  }

  /** What was recorded of a call; undefined when it is made for the first time. @throws NonDeterminismError (1) */
  ask(asked: AskedCall): RecordedCall | undefined {
    const call = this.calls.get(asked.op);
    if (!call) return undefined;
    if (!this.isSame(call, asked)) return this.passOver(call, asked);
    call.isAsked = true;
    if (call.isRedone)
      this.divergedEpoch = call.settled ? Math.max(this.divergedEpoch, call.epoch) : this.epoch;
    return call;
  }

  /** @throws NonDeterminismError when a call was recorded as done that the handler did not make (2) */
  assertComplete(): void {
    for (const call of this.calls.values()) {
      if (!call.settled || call.isAsked || !this.mustMatch(call)) continue;
      throw this.mismatch(call, '', 'the step ended without it');
    }
  }

  private isSame(call: RecordedCall, asked: AskedCall): boolean {
    if (call.kind !== asked.kind || call.name !== asked.name) return false;
    if (!call.digest || !asked.digest) return !call.digest && !asked.digest;
    return sameDigest(this.host.unseal(call.digest), asked.digest);
  }

  private passOver(call: RecordedCall, asked: AskedCall): undefined {
    if (this.mustMatch(call)) throw this.mismatch(call, 'asked is ', spell(asked, asked.args));
    this.calls.delete(call.op);
    this.order.skip(call);
    return undefined;
  }

  private mustMatch(call: RecordedCall): boolean {
    return call.epoch >= this.divergedEpoch;
  }

  private mismatch(call: RecordedCall, verb: string, asked: string): NonDeterminismError {
    const { step } = this.host;
    const recorded = spell(call, this.host.argsOf(call));
    return new NonDeterminismError(
      `Step ${step} does not do what it did before. Operation ${call.op}: recorded is ${recorded}, ${verb}${asked}.`,
      { details: { step, op: call.op, recorded, asked } },
    );
  }
}

/** A call in words: `task charge('order-1', 5)`. */
export function spell({ kind, name }: Pick<AskedCall, 'kind' | 'name'>, args: readonly unknown[]): string {
  const spelled = args.map((arg) => inspect(arg, { depth: 2, breakLength: Infinity })).join(', ');
  return `${name === '' ? kind : `${kind} ${name}`}(${spelled.slice(0, MAX_SPELLED_LENGTH)})`;
}
