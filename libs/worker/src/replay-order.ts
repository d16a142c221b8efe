import { afterMicrotasks, type TurnListener } from './after-microtasks.js';
import type { Deliveries, Delivery } from './deliveries.js';
import type { RecordedCall, RecordedPoint } from './recorded-calls.js';
import { Timer } from './timer.js';

/**
 * How long a replay waits for a recorded call that the handler has not made, though all that it waited for was
 * delivered. Only a handler that does I/O outside of tasks needs it.
 */
export const REPLAY_PATIENCE_MS = 1_000;

/**
 * Delivers what was recorded in the order in which it was recorded.
 *
 * 1. An outcome is delivered when its call has been made and those before it were delivered.
 * 2. What was not recorded is done when nothing recorded is left to deliver.
 * 3. A handler that does not make the next recorded call, while it waits for others, is not held up for ever: what it
 *    waits for goes on. Whether it was right not to make the call is told when it ends.
 */
export class ReplayOrder implements TurnListener {
  private readonly asked = new Map<RecordedPoint, Delivery>();
  private live: (() => void)[] = [];
  private isScheduled = false;
  private isReleased = false;
  private patience: Timer | undefined;
  private isImpatient: boolean;

  /**
   * @param isLoose whether an attempt of the step failed: the order then need not hold, and nothing is waited for
   * @param onEdge called in place of doing what was not recorded, which is then never done
   */
  constructor(
    private points: RecordedPoint[],
    private readonly deliveries: Deliveries,
    private readonly isLoose: boolean,
    private readonly onEdge?: (() => void) | undefined,
  ) {
    this.isImpatient = isLoose;
  }

  /** Delivers at the point when its turn comes. A call has one point: any other of it is no longer waited for. */
  ask(call: RecordedCall, at: RecordedPoint['at'], delivery: Delivery): void {
    const point = this.points.find((candidate) => candidate.call === call && candidate.at === at);
    this.points = this.points.filter((candidate) => candidate.call !== call || candidate === point);
    if (!point) return this.deliveries.deliver(delivery);
    this.asked.set(point, delivery);
    this.schedule();
  }

  /** Forgets a call that is not to be made. */
  skip(call: RecordedCall): void {
    this.points = this.points.filter((candidate) => candidate.call !== call);
    this.schedule();
  }

  /** Resolves when what is not recorded may be done (2, 3); undefined when that is now. */
  whenLive(): Promise<void> | undefined {
    if (!this.onEdge && (this.isReleased || this.points.length === 0)) return undefined;
    this.schedule();
    return new Promise((resolve) => this.live.push(resolve));
  }

  /** Ends all waiting. */
  stop(): void {
    this.patience?.stop();
    this.live = [];
    this.asked.clear();
  }

  /** Everything that was set going has run: it is the turn of what comes next. */
  onTurn(): void {
    this.isScheduled = false;
    const [next] = this.points;
    if (!next) return this.release();
    if (this.asked.has(next)) return this.deliver(next);
    if (this.asked.size === 0 && this.live.length === 0) return;
    if (!this.isImpatient) return this.wait();
    const other = this.points.find((point) => this.asked.has(point));
    if (other) this.deliver(other);
    else this.release();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    afterMicrotasks(this);
  }

  private deliver(point: RecordedPoint): void {
    const delivery = this.asked.get(point);
    this.asked.delete(point);
    this.points.splice(this.points.indexOf(point), 1);
    this.lookForward();
    point.call.isDelivered = true;
    if (delivery) this.deliveries.deliver(delivery);
    this.schedule();
  }

  private release(): void {
    this.isReleased = true;
    if (this.onEdge) return this.live.length > 0 ? this.onEdge() : undefined;
    const live = this.live;
    this.live = [];
    for (const begin of live) begin();
  }

  private wait(): void {
    this.patience ??= new Timer(REPLAY_PATIENCE_MS, () => {
      this.isImpatient = true;
      this.schedule();
    });
  }

  /** Something moved: the next call gets its own time. */
  private lookForward(): void {
    this.patience?.stop();
    this.patience = undefined;
    this.isImpatient = this.isLoose;
  }
}
