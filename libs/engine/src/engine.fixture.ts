import type { Directive, Operation, StepOutcome } from '@ground-control/protocol';
import type { RunCommand, StartRun } from './commands.js';
import { decide, decideStart } from './decide.js';
import type { RunEvent } from './events.js';
import { evolve } from './evolve.js';
import type { RunState } from './state.js';

export const RUN_ID = '01RUN';

export function startRun(overrides: Partial<StartRun> = {}): StartRun {
  return {
    runId: RUN_ID,
    workflowId: 'order-1',
    workflowType: 'ProcessOrder',
    input: bytes('input'),
    timeoutMs: undefined,
    delayMs: undefined,
    reuse: 'allow',
    parent: undefined,
    onCompleted: undefined,
    attributes: undefined,
    ...overrides,
  };
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A run, driven by commands: decisions are applied as a leader would, and every event is kept. */
export class DrivenRun {
  state: RunState | undefined;
  readonly log: { at: number; event: RunEvent }[] = [];

  constructor(public now = 1_000) {}

  static started(overrides: Partial<StartRun> = {}): DrivenRun {
    const run = new DrivenRun();
    const decision = decideStart(undefined, startRun(overrides), run.now);
    if (decision.kind === 'accepted') run.apply(decision.events);
    return run;
  }

  get current(): RunState {
    if (!this.state) throw new Error('not started');
    return this.state;
  }

  /** Decides and applies. @returns the kinds of the events, or how it was refused */
  do(command: RunCommand): string[] | string {
    const decision = decide(this.current, command, this.now);
    if (decision.kind === 'rejected') return decision.code;
    if (decision.kind !== 'accepted') return decision.kind;
    this.apply(decision.events);
    return decision.events.map((event) => event.kind);
  }

  assign(workerId = 'w1', timeoutMs?: number, maxAttempts = 1): string[] | string {
    const retry = { maxAttempts, initialDelayMs: 100, backoffMultiplier: 2, maxDelayMs: 5_000, jitter: 0 };
    return this.do({ kind: 'assign', workerId, timeoutMs, retry });
  }

  /** Reports the current attempt. */
  report(outcome: StepOutcome, operations: Operation[] = []): string[] | string {
    const step = this.current.step;
    if (!step) throw new Error('no step');
    const { seq: stepSeq, attempt } = step;
    return this.do({ kind: 'report', stepSeq, attempt, offset: step.operations.length, operations, outcome });
  }

  follow(directive: Directive, updates: [string, Uint8Array | null][] = []): string[] | string {
    return this.report({ kind: 'directive', directive, updates });
  }

  replayed(): RunState | undefined {
    let state: RunState | undefined;
    for (const { at, event } of this.log) state = evolve(state, RUN_ID, structuredClone(event), at);
    return state;
  }

  private apply(events: RunEvent[]): void {
    for (const event of events) {
      this.log.push({ at: this.now, event: structuredClone(event) });
      this.state = evolve(this.state, RUN_ID, event, this.now);
    }
  }
}

export const complete: Directive = { kind: 'complete', result: bytes('done') };
export const wait: Directive = { kind: 'wait' };
export const failure = { type: 'CardDeclinedError', message: 'no' };
