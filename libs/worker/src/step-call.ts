import type { Operation } from '@ground-control/protocol';
import type { CallHost, OpenCall } from './call-host.js';
import { deferred, rejectQuietly } from './deferred.js';
import type { RecordedCall } from './recorded-calls.js';

/** A call of a step, from when it is made until its outcome is handed to the handler. */
export abstract class StepCall<T> implements OpenCall {
  protected isClosed = false;
  private readonly outcome = deferred<T>();

  constructor(
    protected readonly host: CallHost,
    protected readonly op: number,
  ) {
    host.open.push(this);
  }

  get promise(): Promise<T> {
    return this.outcome.promise;
  }

  get effect(): Promise<unknown> | undefined {
    return undefined;
  }

  leave(): void {
    this.end(undefined);
  }

  abort(reason: Error): void {
    if (this.isClosed) return;
    this.end(reason);
    rejectQuietly(this.outcome, reason);
  }

  /** Ends what is under way. @param reason why the step was taken away; undefined when it ended by itself */
  protected abstract stop(reason: Error | undefined): void;

  /** Records an operation, and hands over the outcome when that is durable (invariant 6). */
  protected record(operation: Operation, outcome: () => T): void {
    this.host.log.settle(operation, (refusal) => {
      this.deliver(() => {
        if (refusal) throw refusal;
        return outcome();
      });
    });
  }

  /** Hands the outcome to the handler in a turn of its own. */
  protected deliver(outcome: () => T): void {
    this.host.deliveries.deliver(() => this.settle(outcome));
  }

  /** As {@link deliver}, for an outcome that is yet to come; those behind it wait. */
  protected deliverLater(outcome: () => Promise<T>): void {
    this.host.deliveries.deliver(() => this.settleLater(outcome));
  }

  /** Hands over what was recorded, when its turn comes. */
  protected replay(recorded: RecordedCall, outcome: () => T): void {
    this.host.replay?.order.ask(recorded, 'settled', () => this.settle(outcome));
  }

  /** Hands over an outcome that is yet to come in the place that the record of the start has. */
  protected replayLater(recorded: RecordedCall, outcome: () => Promise<T>): void {
    this.host.replay?.order.ask(recorded, 'started', () => this.settleLater(outcome));
  }

  private async settleLater(outcome: () => Promise<T>): Promise<void> {
    try {
      const value = await outcome();
      this.settle(() => value);
    } catch (error) {
      this.settle(() => {
        throw error;
      });
    }
  }

  private settle(outcome: () => T): void {
    if (this.isClosed) return;
    this.close();
    try {
      this.outcome.resolve(outcome());
    } catch (error) {
      rejectQuietly(this.outcome, error);
    }
  }

  private end(reason: Error | undefined): void {
    this.close();
    this.stop(reason);
  }

  private close(): void {
    this.isClosed = true;
    const { open } = this.host;
    open.splice(open.indexOf(this), 1);
  }
}
