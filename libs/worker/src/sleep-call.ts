import { type Duration, toMilliseconds } from '@ground-control/protocol';
import type { CallHost } from './call-host.js';
import { never, rejection } from './deferred.js';
import type { RecordedCall } from './recorded-calls.js';
import { StepCall } from './step-call.js';
import { Timer } from './timer.js';

/** Sleeps, or what is left of a sleep that an earlier attempt began. */
export function callSleep(host: CallHost, duration: Duration): Promise<void> {
  if (host.isOver) return never();
  try {
    const op = host.nextOp();
    const delayMs = toMilliseconds(duration, 'sleep');
    const recorded = host.ask({ op, kind: 'sleep', name: '', digest: undefined, args: [duration] });
    const call = new SleepCall(host, op);
    if (recorded?.settled) call.return(recorded);
    else call.start(recorded, delayMs);
    return call.promise;
  } catch (error) {
    return rejection(error);
  }
}

class SleepCall extends StepCall<void> {
  private timer: Timer | undefined;

  return(recorded: RecordedCall): void {
    this.replay(recorded, () => undefined);
  }

  start(recorded: RecordedCall | undefined, delayMs: number): void {
    const begun = recorded?.started;
    if (begun?.kind === 'sleep.started') void this.resume(begun.until);
    else this.begin(delayMs);
  }

  protected stop(): void {
    this.timer?.stop();
  }

  private begin(delayMs: number): void {
    const at = Date.now();
    const until = at + delayMs;
    this.host.log.settle({ kind: 'sleep.started', op: this.op, at, until }, (refusal) => {
      if (refusal) this.abort(refusal);
      else void this.resume(until);
    });
  }

  private async resume(until: number): Promise<void> {
    const live = this.host.replay?.order.whenLive();
    if (live) await live;
    if (this.isClosed) return;
    this.timer = new Timer(Math.max(0, until - Date.now()), () => {
      this.record({ kind: 'sleep.completed', op: this.op, at: Date.now() }, () => undefined);
    });
  }
}
