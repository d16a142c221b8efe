import { afterMicrotasks, type TurnListener } from './after-microtasks.js';

/** Settles the promise of a call. One that returns a promise keeps its turn until that is settled. */
export type Delivery = () => void | Promise<void>;

/**
 * Hands outcomes to a step's handler one a turn: the next one waits until everything that the last one set going has
 * run. The order of the outcomes then decides alone which calls the handler makes in which order, so that a replay
 * which keeps the order of the outcomes finds every call under the number that it had.
 */
export class Deliveries implements TurnListener {
  private readonly queue: Delivery[] = [];
  private isBusy = false;
  /** How many outcomes were delivered. */
  count = 0;

  deliver(delivery: Delivery): void {
    if (this.isBusy) {
      this.queue.push(delivery);
      return;
    }
    this.isBusy = true;
    this.run(delivery);
  }

  /** The last outcome has had its turn. */
  onTurn(): void {
    const delivery = this.queue.shift();
    if (delivery) this.run(delivery);
    else this.isBusy = false;
  }

  private run(delivery: Delivery): void {
    this.count += 1;
    const turn = delivery();
    if (turn) void turn.then(() => afterMicrotasks(this));
    else afterMicrotasks(this);
  }
}
