import {
  type Assignment,
  type AssignmentKey,
  type AssignmentAccepted,
  type AssignmentRefused,
  errorOfCode,
  type ReportStep,
  StepAbortedError,
  type StepNotice,
} from '@ground-control/protocol';
import { Logger } from '@nestjs/common';
import { HeldRun } from './held-run.js';
import { RecentRuns } from './recent-runs.js';
import { RunningStep } from './running-step.js';
import { handlerKey, type ServedHandler, type ServedWorkflow } from './served-workflow.js';
import type { StepServices } from './step-services.js';
import { Timer } from './timer.js';

/** How often what steps have begun is told to their leaders, in milliseconds: for who watches a run. */
const PROGRESS_MS = 100;

/** How long a worker that shuts down waits until what it gave back is taken, in milliseconds. */
const GIVE_BACK_MS = 5_000;

/** How many runs are remembered whose steps ended here, so that an assignment that comes twice is not run twice. */
const MAX_REMEMBERED_RUNS = 10_000;

const ACCEPTED: AssignmentAccepted = { kind: 'assignment.accepted' };

export interface StepRunnerOptions {
  /** The most steps that run at once. */
  concurrency: number;
}

/**
 * The steps that a worker runs.
 *
 * 1. A run has one step at a time here; a later step or attempt of it takes the place of an earlier one.
 * 2. An assignment that comes again is answered as before and not run again.
 * 3. A step that follows one of this worker is run at once, with the run's store as that step left it.
 */
export class StepRunner {
  private readonly logger = new Logger(StepRunner.name);
  private readonly running = new Map<string, RunningStep>();
  private readonly ended = new RecentRuns(MAX_REMEMBERED_RUNS);
  private readonly services: StepServices;
  private progress: NodeJS.Timeout | undefined;
  private isDraining = false;
  private onIdle: (() => void) | undefined;

  constructor(
    private readonly workflows: ReadonlyMap<string, ServedWorkflow>,
    private readonly options: StepRunnerOptions,
    services: Omit<StepServices, 'wantsNext' | 'giveBack'>,
  ) {
    this.services = {
      ...services,
      wantsNext: () => !this.isDraining,
      giveBack: (assignment, reason) => this.giveBack(assignment, reason),
    };
  }

  /** The steps that run. */
  get held(): AssignmentKey[] {
    return [...this.running.values()].map((step) => step.key);
  }

  /** The steps that run, in words. */
  describe(): string {
    return [...this.running.values()].map((step) => `${step.step} of run ${step.runId}`).join(', ');
  }

  /** Takes a step, or says why not. */
  accept(assignment: Assignment): AssignmentAccepted | AssignmentRefused {
    if (this.isKnown(assignment)) return ACCEPTED;
    if (this.isDraining) return refused('the worker drains');
    const { runId } = assignment;
    const older = this.running.get(runId);
    if (!older && !this.hasRoom()) return refused('the worker has no room');
    if (!assignment.run) return refused(`the worker does not know run ${runId}`);
    const run = new HeldRun(runId, assignment.run);
    if (!this.handlerOf(run, assignment)) return refused(this.missing(run, assignment));
    older?.drop(new StepAbortedError(`Step ${older.step} was given out again.`));
    this.run(assignment, run);
    return ACCEPTED;
  }

  /** Follows what a leader says of a step. */
  notice(notice: StepNotice): void {
    const step = this.find(notice);
    if (!step) return;
    if (notice.kind === 'step.cancel_requested') step.requestCancel();
    else step.drop(endingOf(step, notice));
  }

  /** Stops steps that are no longer this worker's. */
  lose(keys: readonly AssignmentKey[], reason: string): void {
    for (const key of keys) this.find(key)?.drop(new StepAbortedError(reason));
  }

  /** Takes no more steps. */
  refuseMore(): void {
    this.isDraining = true;
  }

  /** Takes no more steps, waits for those that run, and gives back what is left when the time is up. */
  async drain(timeoutMs: number): Promise<void> {
    this.refuseMore();
    await this.idle(timeoutMs);
    for (const step of this.running.values()) step.release('the worker shuts down');
    await this.idle(GIVE_BACK_MS);
  }

  /** A step that waits for the reply to its result takes no room: its leader has given the room away already. */
  private hasRoom(): boolean {
    const { concurrency } = this.options;
    if (this.running.size < concurrency) return true;
    let busy = 0;
    for (const step of this.running.values()) if (!step.isOver) busy += 1;
    return busy < concurrency;
  }

  /** Runs a step, and then the one that follows it on this worker. */
  private run(assignment: Assignment, run: HeldRun): boolean {
    const step = this.open(assignment, run);
    step?.execute((next) => {
      if (this.running.get(run.runId) !== step) return;
      if (!next || !this.run(next, run)) this.close(step);
    });
    return step !== undefined;
  }

  private open(assignment: Assignment, run: HeldRun): RunningStep | undefined {
    const workflow = this.workflows.get(run.workflowType);
    const handler = this.handlerOf(run, assignment);
    if (!workflow || !handler) return this.giveBack(assignment, this.missing(run, assignment));
    if (this.isDraining) return this.giveBack(assignment, 'the worker drains');
    const step = new RunningStep(assignment, run, workflow, handler, this.services);
    this.running.set(run.runId, step);
    this.progress ??= setInterval(() => this.tellProgress(), PROGRESS_MS);
    return step;
  }

  private close(step: RunningStep): void {
    this.running.delete(step.runId);
    this.ended.remember(step.key);
    if (this.running.size === 0) this.onIdle?.();
  }

  private isKnown({ runId, stepSeq, attempt }: Assignment): boolean {
    const known = this.running.get(runId)?.key ?? this.ended.get(runId);
    if (!known || known.stepSeq !== stepSeq) return known !== undefined && known.stepSeq > stepSeq;
    return known.attempt >= attempt;
  }

  private find({ runId, stepSeq, attempt }: AssignmentKey): RunningStep | undefined {
    const step = this.running.get(runId);
    return step?.stepSeq === stepSeq && step.attempt === attempt ? step : undefined;
  }

  private handlerOf(run: HeldRun, { handler, step }: Assignment): ServedHandler | undefined {
    return this.workflows.get(run.workflowType)?.handlers.get(handlerKey(handler, step));
  }

  private missing(run: HeldRun, { handler, step }: Assignment): string {
    return `the worker has no ${handler} ${step} of workflow ${run.workflowType}`;
  }

  private giveBack(assignment: Assignment, reason: string): undefined {
    const { partition, runId, stepSeq, attempt, operations } = assignment;
    const report: ReportStep = {
      kind: 'step.result',
      runId,
      stepSeq,
      attempt,
      offset: operations.length,
      operations: [],
      outcome: { kind: 'released', reason },
      wantsNext: false,
    };
    this.services.link
      .request({ kind: 'partition', partition }, report, { timeoutMs: Infinity })
      .catch((error: unknown) =>
        this.logger.warn(`A step of run ${runId} was not given back: ${String(error)}`),
      );
  }

  private tellProgress(): void {
    if (this.running.size === 0) {
      clearInterval(this.progress);
      this.progress = undefined;
      return;
    }
    const before = Date.now() - PROGRESS_MS;
    for (const step of this.running.values()) step.flushBefore(before);
  }

  private async idle(timeoutMs: number): Promise<void> {
    if (this.running.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = new Timer(timeoutMs, resolve);
      this.onIdle = () => {
        timer.stop();
        resolve();
      };
    });
  }
}

function endingOf({ step }: RunningStep, { code, reason }: StepNotice): Error {
  return errorOfCode(code ?? StepAbortedError.code, `Step ${step} was ended: ${reason}.`);
}

function refused(reason: string): AssignmentRefused {
  return { kind: 'assignment.refused', reason };
}
