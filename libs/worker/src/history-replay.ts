import {
  type Assignment,
  CoordinatorUnavailableError,
  errorOfCode,
  InvalidInputError,
  NonDeterminismError,
  type ReportStep,
  StepAbortedError,
  type StepOutcome,
  type ValueCodec,
  type WireHistoryEvent,
} from '@ground-control/protocol';
import { never } from './deferred.js';
import { Failures } from './failures.js';
import { HeldRun } from './held-run.js';
import { recordedRun, type RecordedOutcome, type RecordedRun, type RecordedStep } from './history-steps.js';
import { type AskedCall, spell } from './replay.js';
import { RunningStep } from './running-step.js';
import type { RunLinks } from './run-links.js';
import { handlerKey, type ServedWorkflow } from './served-workflow.js';
import type { Body, WorkerLink } from './worker-link.js';

/** How long a step may take to come to its next call, in milliseconds: it waits for nothing but what was recorded. */
const PATIENCE_MS = 10_000;

/** Where today's code does something else than was recorded. */
export interface Divergence {
  step: string;
  /** The attempt that was replayed: the last one, with what all attempts recorded. */
  attempt: number;
  /** The number of the history event by which that attempt started. */
  seq: number;
  /** The number of the call within the step, from 0; absent when it is about how the step ends. */
  op?: number;
  recorded: string;
  asked: string;
}

/** What a replay of a history came to. */
export interface ReplayReport {
  workflowId: string;
  workflowType: string;
  /** The steps that did what was recorded. */
  steps: number;
  /** What was recorded of them: tasks, values, sleeps, children and events. */
  calls: number;
  /** The first step that does something else. */
  divergence?: Divergence;
}

/**
 * Runs each step of a history again, with today's code and what was recorded, and tells the first that does something
 * else. No task is run, nothing is sent or recorded, and nobody is asked anything.
 *
 * 1. A call must be the recorded one, as in every replay.
 * 2. A step that was recorded to its end must make no further call, and end in the same way: with the same directive to
 *    the same step or waiting for the same events, or with an error of the same type. The values that it ends with may
 *    differ: no replay returns them.
 * 3. A step whose end was not recorded may go on as it likes once it has made the recorded calls.
 *
 * @param onStep called before each step, for who shows progress
 * @throws InvalidInputError when the events are no whole history, or of a workflow that is not among these
 */
export async function replayHistory(
  events: readonly WireHistoryEvent[],
  workflows: ReadonlyMap<string, ServedWorkflow>,
  values: ValueCodec,
  onStep: (step: string, index: number, of: number) => void = () => {},
): Promise<ReplayReport> {
  const run = recordedRun(events);
  const { workflowId, workflowType } = run.context;
  const workflow = workflows.get(workflowType);
  if (!workflow) throw noWorkflow(workflowType, workflows);
  const report: ReplayReport = { workflowId, workflowType, steps: 0, calls: 0 };
  for (const [index, step] of run.steps.entries()) {
    onStep(step.name, index, run.steps.length);
    // oxlint-disable-next-line no-await-in-loop -- the first that diverges is what is asked for
    const divergence = await new StepReplay(run, step, workflow, values).run();
    if (divergence) return { ...report, divergence };
    report.steps += 1;
    report.calls += new Set(step.operations.map(({ op }) => op).filter((op) => op >= 0)).size;
  }
  return report;
}

/** The replay of one step: its leader's side, which takes nothing and answers nothing. */
class StepReplay implements WorkerLink {
  readonly id = 'replay';
  private readonly settled: Promise<Divergence | undefined>;
  private settle: (divergence: Divergence | undefined) => void = () => {};
  private running: RunningStep | undefined;

  constructor(
    private readonly recorded: RecordedRun,
    private readonly step: RecordedStep,
    private readonly workflow: ServedWorkflow,
    private readonly values: ValueCodec,
  ) {
    this.settled = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  async run(): Promise<Divergence | undefined> {
    const { step, workflow } = this;
    const handler = workflow.handlers.get(handlerKey(step.handler, step.name));
    if (!handler)
      return this.differs(`${step.handler} ${step.name}`, `${workflow.className} has no such handler`);
    const assignment = this.assignment();
    const heldRun = new HeldRun(assignment.runId, { ...this.recorded.context, store: step.store });
    this.running = new RunningStep(assignment, heldRun, workflow, handler, {
      link: this,
      values: this.values,
      failures: new Failures(this.values),
      runs: NO_RUNS,
      wantsNext: () => false,
      giveBack: () => {},
      bounds: { onNewCall: (asked) => this.newCall(asked), onEdge: () => this.edge() },
    });
    const patience = setTimeout(() => this.settle(this.stuck()), PATIENCE_MS);
    this.running.execute(() => {});
    const divergence = await this.settled;
    clearTimeout(patience);
    this.running.drop(new StepAbortedError('The replay of the step is over.'));
    return divergence;
  }

  /** Nothing is recorded any more: who waits for a record waits for ever. */
  ask(_to: unknown, body: Body): void {
    if (body.kind === 'step.result') this.ended((body as ReportStep).outcome);
  }

  request(to: unknown, body: Body): Promise<Body> {
    this.ask(to, body);
    return never();
  }

  reply(): void {}

  onRequest(): void {}

  onAnnouncement(): void {}

  private assignment(): Assignment {
    const { name, handler, input, attempt, failures, operations, cancel, childOutcome } = this.step;
    return {
      kind: 'assignment',
      partition: 0,
      runId: 'replay',
      stepSeq: 1,
      attempt,
      step: name,
      handler,
      input,
      failures,
      operations,
      cancelRequested: cancel !== undefined,
      reason: cancel?.reason,
      childOutcome,
    };
  }

  /** A call that was not recorded (2, 3). */
  private newCall(asked: AskedCall): void {
    const { outcome } = this.step;
    if (!outcome) return;
    this.settle({
      ...this.differs(spellOutcome(outcome), spell(asked, asked.args)),
      op: asked.op,
    });
  }

  /** Everything that was recorded has been returned, and the step would do something new (3). */
  private edge(): void {
    try {
      this.running?.replay?.assertComplete();
      this.settle(undefined);
    } catch (error) {
      this.settle(this.mismatch(error as Error));
    }
  }

  private ended(outcome: StepOutcome): void {
    const { outcome: recorded } = this.step;
    if (outcome.kind === 'failed' && outcome.error.code === NonDeterminismError.code) {
      const { message, details } = outcome.error;
      const decoded = details && this.values.decode(details);
      return this.settle(this.mismatch(errorOfCode(NonDeterminismError.code, message, decoded)));
    }
    const asked = outcomeOf(outcome);
    if (!recorded || !asked || isSame(recorded, asked)) return this.settle(undefined);
    return this.settle(this.differs(spellOutcome(recorded), spellOutcome(asked, outcome)));
  }

  private mismatch(error: Error): Divergence {
    const details = (error as NonDeterminismError).details as
      { op?: number; recorded?: string; asked?: string } | undefined;
    return {
      ...this.differs(details?.recorded ?? 'something else', details?.asked ?? error.message),
      ...(details?.op !== undefined && { op: details.op }),
    };
  }

  private stuck(): Divergence {
    const { outcome, operations } = this.step;
    return this.differs(
      outcome ? spellOutcome(outcome) : `${operations.length} operations`,
      `nothing for ${PATIENCE_MS / 1_000} s: the step waits for something that is neither a task nor recorded`,
    );
  }

  private differs(recorded: string, asked: string): Divergence {
    const { name, attempt, seq } = this.step;
    return { step: name, attempt, seq, recorded, asked };
  }
}

/** A child whose start is recorded is started already; for everything else a replay waits for ever. */
const NO_RUNS: RunLinks = {
  start: () => Promise.resolve(),
  outcome: () => never(),
  send: () => never(),
  handle: (workflowId, runId) => ({
    workflowId,
    runId,
    result: () => never(),
    describe: () => never(),
    history: () => never(),
    watch: () => {
      throw new CoordinatorUnavailableError('Nobody is asked anything in the replay of a history.');
    },
    send: () => never(),
    query: () => never(),
    update: () => never(),
    cancel: () => never(),
    terminate: () => never(),
  }),
};

function outcomeOf(outcome: StepOutcome): RecordedOutcome | undefined {
  if (outcome.kind === 'released') return undefined;
  if (outcome.kind === 'failed') return outcome;
  const { directive } = outcome;
  return {
    kind: 'directive',
    directive: directive.kind,
    next: directive.kind === 'step' ? directive.step : undefined,
    events: directive.kind === 'wait' ? directive.events : undefined,
  };
}

function isSame(recorded: RecordedOutcome, asked: RecordedOutcome): boolean {
  if (recorded.kind === 'directive' && recorded.isOpen)
    return asked.kind === 'directive' && asked.directive === recorded.directive;
  return spellOutcome(recorded) === spellOutcome(asked);
}

/** How a step ended, in the words of its code; what is the same here is the same (2). */
function spellOutcome(outcome: RecordedOutcome, asked?: StepOutcome): string {
  if (outcome.kind === 'failed') {
    const { type, message } = outcome.error;
    return asked ? `an error, ${type}: ${message}` : `an error, ${type}`;
  }
  const { directive, next, events } = outcome;
  return `ctx.next.${directive}(${next ?? events?.join(', ') ?? ''})`;
}

function noWorkflow(type: string, workflows: ReadonlyMap<string, ServedWorkflow>): InvalidInputError {
  const known = [...workflows.keys()].join(', ') || 'none';
  return new InvalidInputError(`The history is of workflow type ${type}; the module provides ${known}.`);
}
