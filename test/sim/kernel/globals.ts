import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import { type Cancellable, currentProcess, type Kernel } from './kernel.js';

type Callback = (...args: unknown[]) => void;

/** A timer of a simulated process, as far as the code under test uses one. */
class SimTimer {
  private due: Cancellable | undefined;
  private readonly process = currentProcess();

  constructor(
    private readonly kernel: Kernel,
    private readonly delayMs: number,
    private readonly callback: () => void,
    private readonly repeats: boolean,
  ) {
    this.arm();
  }

  stop(): void {
    if (this.due) this.due.cancelled = true;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  refresh(): this {
    this.stop();
    this.arm();
    return this;
  }

  private arm(): void {
    if (this.process?.alive === false) return;
    // Node's timers are late by up to a millisecond, and so two of different processes come in any order.
    const delayMs = Math.max(1, this.delayMs) + this.kernel.random.next();
    this.due = this.kernel.after(delayMs, this.process, () => {
      if (this.repeats) this.arm();
      this.callback();
    });
  }
}

function startTimer(kernel: Kernel, delayMs: number, callback: () => void): SimTimer {
  return new SimTimer(kernel, delayMs, callback, false);
}

function stopTimer(timer: SimTimer | undefined): void {
  timer?.stop();
}

function immediate(kernel: Kernel, callback: () => void): Cancellable {
  const process = currentProcess();
  const at = Math.max(process?.lastImmediateAt ?? 0, kernel.now + kernel.random.next() * 0.02);
  if (process) process.lastImmediateAt = at;
  return kernel.after(at - kernel.now, process, callback);
}

/**
 * Swaps this process's clock, timers and random numbers for those of a simulation: the code under test uses the
 * globals and Node's own modules, and is not changed for it.
 *
 * @returns what puts everything back
 */
export function installGlobals(kernel: Kernel): () => void {
  const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } = globalThis;
  const real = {
    now: Date.now,
    monotonic: performance.now.bind(performance),
    random: Math.random,
    uuid: crypto.randomUUID,
    delay: timersPromises.setTimeout,
  };
  const timer =
    (repeats: boolean) =>
    (callback: Callback, delayMs = 0, ...args: unknown[]): SimTimer =>
      new SimTimer(kernel, delayMs, () => callback(...args), repeats);
  Object.assign(globalThis, {
    setTimeout: timer(false),
    setInterval: timer(true),
    setImmediate: (callback: Callback, ...args: unknown[]) => immediate(kernel, () => callback(...args)),
    clearTimeout: stopTimer,
    clearInterval: stopTimer,
    clearImmediate: (due: Cancellable | undefined) => due && (due.cancelled = true),
  });
  Date.now = () => kernel.wallClock;
  performance.now = () => kernel.now;
  Math.random = () => kernel.random.next();
  const delay = <Value>(delayMs = 0, value?: Value): Promise<Value | undefined> =>
    new Promise((resolve) => {
      startTimer(kernel, delayMs, () => resolve(value));
    });
  Object.assign(timersPromises, { setTimeout: delay });
  Object.assign(crypto, { randomUUID: () => kernel.random.uuid() });
  syncBuiltinESMExports();
  return () => {
    Object.assign(globalThis, { setTimeout, setInterval, setImmediate });
    Object.assign(globalThis, { clearTimeout, clearInterval, clearImmediate });
    Date.now = real.now;
    performance.now = real.monotonic;
    Math.random = real.random;
    Object.assign(timersPromises, { setTimeout: real.delay });
    Object.assign(crypto, { randomUUID: real.uuid });
    syncBuiltinESMExports();
  };
}
