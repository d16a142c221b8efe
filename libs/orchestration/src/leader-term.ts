import {
  type Decision,
  decide,
  dueAt,
  evolve,
  isAssignable,
  isEnded,
  type OutboxEntry,
  type RunCommand,
  type RunEvent,
  type RunState,
  type StepState,
} from '@ground-control/engine';
import type { JournalEntry } from '@ground-control/journal';
import {
  type Assignment,
  type AssignmentKey,
  findHandler,
  PayloadTooLargeError,
  type HandlerKind,
  type Reply,
  type StepNotice,
  type WorkflowDefinition,
} from '@ground-control/protocol';
import { buildAssignment } from './assignments.js';
import { type Effect, GroupCommit } from './group-commit.js';
import { endReply, updateReply } from './replies.js';
import { activeState, noteSequence, type RunRecord } from './run-record.js';
import { type PartitionStorage, RunRepository } from './run-repository.js';
import type { RunReader } from './run-reader.js';
import type { RunTable } from './run-table.js';
import { TimerQueue } from './timer-queue.js';
import { LOAD_RETRY_MS } from './limits.js';
import { ABSENCES, handlerOf, type HeldStep, type Requirement, type Worker } from './worker-registry.js';
import type { LeaderContext } from './leader-context.js';

/** What a commit should know besides its events. */
export interface CommitOptions {
  /** The worker whose report this is: it need not be told that its step is over. */
  reportedBy?: string | undefined;
  /** The reporting worker takes the run's next step with the reply to its report. */
  wantsNext?: boolean | undefined;
  /**
   * Answers the report, with the run's next step where the worker gets it. Called before the worker's room is given to
   * another run: a step that reached it before this answer would find it still full.
   */
  answer?: ((next: Assignment | undefined) => void) | undefined;
}

/**
 * One term of a partition's leader: from the takeover of the journal to the first append that fails. All that it knows
 * is derived from the journal and is dropped with it.
 *
 * 1. State changes only by `commit`: decide, evolve, add to the next append.
 * 2. Nobody hears of a change before it is durable: replies and assignments are effects of the commit.
 * 3. A step goes to a worker only by a `step.started` event, and at most one attempt is current.
 */
export class LeaderTerm {
  readonly repository: RunRepository;
  private readonly group: GroupCommit;
  private readonly timers: TimerQueue;
  private over = false;
  private decidedAt = 0;
  /** When the term began to serve, in milliseconds since the epoch; 0 before. */
  since = 0;

  constructor(
    readonly context: LeaderContext,
    storage: PartitionStorage,
    epoch: string,
    private readonly onFailed: (error: unknown) => void,
  ) {
    this.timers = new TimerQueue(context.clock, (runIds) => this.due(runIds));
    this.group = new GroupCommit(
      storage.journal,
      epoch,
      (sequence, entries, bytes) => this.committed(sequence, entries, bytes),
      (error) => this.fail(error),
      () => context.leads(),
    );
    this.repository = new RunRepository(storage, {
      partition: context.partition,
      epoch,
      policy: context.policy,
      clock: context.clock,
      cut: () => this.group.cut(),
      whenDurable: (effect) => this.group.whenDurable(effect),
      retentionOf: (type) => this.definition(type)?.retentionMs ?? context.policy.retentionMs,
      onFenced: (error) => this.fail(error),
      onTrouble: (error) => context.warn(`its checkpoint is not made, and tried again: ${String(error)}`),
    });
  }

  get runs(): RunTable {
    return this.repository.runs;
  }

  get reader(): RunReader {
    return this.repository.reader;
  }

  /** Takes the journal over and rebuilds every run from it; then arms timers and hands out what is ready. */
  async recover(): Promise<void> {
    await this.repository.recover((record, at) => this.wakeAt(record, at));
    for (const record of this.runs.values()) this.resume(record);
    this.since = this.now;
  }

  /** Ends the term: nothing that is not durable is ever told to anyone. */
  end(): void {
    if (this.over) return;
    this.over = true;
    this.group.abandon();
    this.repository.end();
    this.timers.clear();
    this.context.workers.dropPartition(this.context.partition);
  }

  private fail(error: unknown): void {
    if (this.over) return;
    this.end();
    this.onFailed(error);
  }

  get now(): number {
    return this.context.clock();
  }

  /** The type as it was registered last. */
  definition(workflowType: string): WorkflowDefinition | undefined {
    return this.context.catalogue.get(workflowType);
  }

  /** Whether the type has a handler: in the version that was registered last, or in any that is live. */
  handles(workflowType: string, kind: HandlerKind, name?: string): boolean {
    return this.versions(workflowType).some((version) => findHandler(version, kind, name) !== undefined);
  }

  /** As {@link handles}, for a query. */
  hasQuery(workflowType: string, query: string): boolean {
    return this.versions(workflowType).some(({ queries }) => queries.includes(query));
  }

  private versions(workflowType: string): WorkflowDefinition[] {
    const last = this.definition(workflowType);
    return [...(last ? [last] : []), ...this.context.workers.definitions(workflowType)];
  }

  /** What it decides bears this time, so that delays in the events are what was asked for. */
  decide(state: RunState, command: RunCommand): Decision {
    this.decidedAt = this.now;
    return decide(state, command, this.decidedAt);
  }

  /** Runs the effect as soon as everything decided so far is durable (2). */
  whenDurable(effect: Effect): void {
    this.group.whenDurable(effect);
  }

  /** Answers once everything decided so far is durable (2). */
  answer(caller: { respond(reply: Reply): void }, reply: Reply): void {
    this.group.whenDurable(() => caller.respond(reply));
  }

  /** Begins a run. */
  begin(runId: string, event: Extract<RunEvent, { kind: 'run.started' }>): RunRecord {
    const entry = { runId, at: this.now, events: [event] };
    const bytes = this.group.bytesOf(entry);
    const record = this.runs.add(evolve(undefined, runId, event, entry.at));
    record.changes += 1;
    this.group.add(entry, bytes);
    this.advance(record);
    return record;
  }

  /** Applies events to a run and adds them to the next append (1), with all that follows from them. */
  commit(record: RunRecord, events: RunEvent[], options: CommitOptions = {}): void {
    const state = record.state;
    if (!state || events.length === 0) return;
    const held = heldStep(state);
    const update = state.step?.update?.id;
    this.apply(record, state, events);
    const next = held && options.wantsNext ? this.assignToHolder(record, state, held.workerId) : undefined;
    options.answer?.(next);
    if (held && !next && !isHeld(state, held)) this.letGo(record, held, options.reportedBy, events);
    if (update !== undefined) this.answerUpdate(record, state, update);
    this.advance(record);
  }

  private committed(sequence: number, entries: JournalEntry[], bytes: number): void {
    this.repository.keep(sequence, entries, bytes);
    for (const entry of entries) {
      const record = this.runs.get(entry.runId);
      if (record) noteSequence(record, sequence);
    }
    this.repository.committed(sequence, entries.length, bytes);
    for (const entry of entries) this.wakeHistoryWaiters(entry.runId);
  }

  private wakeHistoryWaiters(runId: string): void {
    const waiting = this.runs.get(runId)?.waiters?.history;
    if (!waiting || waiting.size === 0) return;
    const checks = [...waiting.values()];
    waiting.clear();
    for (const check of checks) check();
  }

  /** What follows from a run's state by itself: its end, its next step, its timer. */
  private advance(record: RunRecord): void {
    const state = record.state;
    if (!state) return;
    if (isEnded(state.status)) return this.conclude(record, state);
    if (isAssignable(state, this.now)) this.assign(record, state);
    this.arm(record, state);
  }

  private conclude(record: RunRecord, state: RunState): void {
    if (record.ended) return;
    const waiters = record.waiters;
    if (waiters) {
      const reply = endReply(state);
      this.whenDurable(() => {
        for (const respond of waiters.result.values()) respond(reply);
        waiters.result.clear();
      });
    }
    for (const update of waiters?.updates.keys() ?? []) this.answerUpdate(record, state, update);
    for (const entry of state.outbox) this.deliver(record, entry.id);
    this.runs.retire(record);
  }

  private deliver(record: RunRecord, id: string): void {
    const entry = record.state?.outbox.find((owed) => owed.id === id);
    if (!entry) return;
    this.whenDurable(() => void this.deliverAndStrike(record, entry));
  }

  private async deliverAndStrike(record: RunRecord, entry: OutboxEntry): Promise<void> {
    const delivered = await this.context.courier(entry);
    const state = record.state;
    if (!delivered || this.over || !state) return;
    const decision = this.decide(state, { kind: 'strike-outbox', id: entry.id });
    if (decision.kind === 'accepted') this.apply(record, state, decision.events);
  }

  /**
   * Evolves and adds to the next append. What `evolve` cannot take ends the term: the state may be half changed.
   *
   * @throws PayloadTooLargeError when the events do not fit into an append; nothing is changed
   */
  private apply(record: RunRecord, state: RunState, events: RunEvent[]): void {
    const entry = { runId: record.runId, at: this.decidedAt, events };
    const bytes = this.group.bytesOf(entry);
    try {
      for (const event of events) evolve(state, record.runId, event, entry.at);
    } catch (error) {
      this.fail(error);
      throw error;
    }
    record.changes += 1;
    this.group.add(entry, bytes);
  }

  private answerUpdate(record: RunRecord, state: RunState, updateId: string): void {
    const callers = record.waiters?.updates.get(updateId);
    const reply = updateReply(state, updateId);
    if (!callers || !reply) return;
    record.waiters?.updates.delete(updateId);
    this.whenDurable(() => {
      for (const respond of callers.values()) respond(reply);
    });
  }

  // ---- assignment ----------------------------------------------------------------------------------------------------

  private assign(record: RunRecord, state: RunState): void {
    const requirement = requirementOf(state);
    const worker = this.context.workers.pick(requirement);
    if (worker) return this.assignTo(record, state, worker);
    this.context.workers.want(requirement);
    this.context.ready.add(record.runId, {
      requirement,
      assign: (free) => this.assignWaiting(record, free),
    });
  }

  private assignWaiting(record: RunRecord, worker: Worker): boolean {
    const state = activeState(record);
    if (this.over || !state || !isAssignable(state, this.now)) return false;
    if (!handlerOf(worker, requirementOf(state))) return false;
    this.assignTo(record, state, worker);
    this.arm(record, state);
    return true;
  }

  private assignTo(record: RunRecord, state: RunState, worker: Worker): void {
    const assignment = this.start(record, state, worker, true);
    this.whenDurable(() => this.send(record, worker.id, assignment));
  }

  private assignToHolder(record: RunRecord, state: RunState, workerId: string): Assignment | undefined {
    if (isEnded(state.status) || !isAssignable(state, this.now)) return undefined;
    const worker = this.context.workers.holder(workerId, record.runId, requirementOf(state));
    return worker && this.start(record, state, worker, false);
  }

  /** The step is the worker's by an event that says so (3). */
  private start(record: RunRecord, state: RunState, worker: Worker, withContext: boolean): Assignment {
    const handler = handlerOf(worker, requirementOf(state));
    const { timeoutMs, retry } = handler ?? {};
    const decision = this.decide(state, { kind: 'assign', workerId: worker.id, timeoutMs, retry });
    if (decision.kind !== 'accepted') throw new Error(`run ${record.runId}: its step cannot be assigned`);
    this.apply(record, state, decision.events);
    const assignment = buildAssignment(this.context.partition, state, withContext);
    this.hold(worker.id, assignment, { confirmed: false, absencesLeft: ABSENCES });
    return assignment;
  }

  private hold(
    workerId: string,
    key: AssignmentKey,
    known: Pick<HeldStep, 'confirmed' | 'absencesLeft'>,
  ): void {
    const { partition, runId, stepSeq, attempt } = key;
    this.context.workers.hold(workerId, {
      key: { partition, runId, stepSeq, attempt },
      ...known,
      release: (reason) => this.release(key, reason),
    });
  }

  private send(record: RunRecord, workerId: string, assignment: Assignment): void {
    void this.context.send(workerId, assignment).then((reply) => {
      if (this.over) return;
      if (reply === 'accepted') return this.context.workers.confirm(workerId, record.runId);
      if (reply === 'unanswered') return undefined;
      if (reply === 'too large') return this.failStep(record, assignment);
      this.context.workers.suspend(workerId);
      return this.release(assignment, 'worker refused it');
    });
  }

  /** Fails a step that can be given to no worker: it would be tried for ever. */
  private failStep(record: RunRecord, { stepSeq, attempt, step }: Assignment): void {
    const state = activeState(record);
    if (!state) return;
    const message =
      `Step ${step} can be given to no worker: its input, what it recorded, and the store of its run ` +
      'are together more than a message holds.';
    const error = { type: PayloadTooLargeError.name, code: PayloadTooLargeError.code, message };
    const offset = state.step?.operations.length ?? 0;
    const outcome = { kind: 'failed', error } as const;
    const decision = this.decide(state, {
      kind: 'report',
      stepSeq,
      attempt,
      offset,
      operations: [],
      outcome,
    });
    if (decision.kind === 'accepted') this.commit(record, decision.events);
  }

  /** Takes a step from a worker; another attempt follows. */
  release(key: AssignmentKey, reason: string): void {
    const record = this.runs.get(key.runId);
    const state = record && activeState(record);
    if (this.over || !state) return;
    const { stepSeq, attempt } = key;
    const decision = this.decide(state, { kind: 'release', stepSeq, attempt, reason });
    if (decision.kind === 'accepted') this.commit(record, decision.events);
  }

  /** Whether a worker that lists this attempt has lost it: it must stop, and may not report. */
  isLost({ runId, stepSeq, attempt }: AssignmentKey): boolean {
    const state = this.runs.get(runId)?.state;
    if (!state) return true;
    const { step, accepted } = state;
    const held = step?.workerId !== undefined && step.seq === stepSeq && step.attempt === attempt;
    // What was accepted just now is still listed until its reply arrives.
    return !held && !(accepted?.stepSeq === stepSeq && accepted.attempt === attempt);
  }

  private letGo(
    record: RunRecord,
    held: HeldRef,
    reportedBy: string | undefined,
    events: readonly RunEvent[],
  ): void {
    this.context.workers.drop(held.workerId, record.runId);
    if (reportedBy === held.workerId) return;
    const key = {
      partition: this.context.partition,
      runId: record.runId,
      stepSeq: held.seq,
      attempt: held.attempt,
    };
    this.whenDurable(() =>
      this.context.notify(held.workerId, {
        kind: 'step.abort',
        ...key,
        ...reasonOf(events, record.state?.status),
      }),
    );
  }

  // ---- time ------------------------------------------------------------------------------------------------------------

  private arm(record: RunRecord, state: RunState): void {
    const at = dueAt(state, this.now);
    if (at !== undefined) this.wakeAt(record, at);
  }

  private wakeAt(record: RunRecord, at: number): void {
    if (at >= record.armedAt) return;
    record.armedAt = at;
    this.timers.arm(record.runId, at);
  }

  private due(runIds: string[]): void {
    for (const runId of runIds) {
      const record = this.runs.get(runId);
      if (record?.idle) this.dueWhenLoaded(record);
      const state = record && activeState(record);
      if (!state) continue;
      record.armedAt = Infinity;
      const decision = this.decide(state, { kind: 'tick' });
      if (decision.kind === 'accepted' && decision.events.length > 0) this.commit(record, decision.events);
      else this.advance(record);
    }
  }

  /** A run that is idle is brought back before anything is decided on it. */
  private dueWhenLoaded(record: RunRecord): void {
    this.repository.load(record).then(
      () => this.over || this.due([record.runId]),
      (error: unknown) => {
        if (this.over) return;
        this.context.warn(`run ${record.runId} cannot be read, and its timer waits: ${String(error)}`);
        record.armedAt = Infinity;
        this.wakeAt(record, this.now + LOAD_RETRY_MS);
      },
    );
  }

  // ---- recovery ----------------------------------------------------------------------------------------------------------

  /** After recovery: a step that a worker held stays its own if the worker says so within a lease. */
  private resume(record: RunRecord): void {
    const state = record.state;
    if (!state) return;
    if (isEnded(state.status)) {
      for (const entry of state.outbox) this.deliver(record, entry.id);
      return;
    }
    const step = heldStep(state);
    if (step) {
      const { partition } = this.context;
      this.hold(
        step.workerId,
        { partition, runId: record.runId, stepSeq: step.seq, attempt: step.attempt },
        { confirmed: true, absencesLeft: 1 },
      );
    }
    this.advance(record);
  }
}

interface HeldRef {
  workerId: string;
  seq: number;
  attempt: number;
}

function heldStep(state: RunState): HeldRef | undefined {
  const step = state.step;
  return step?.workerId === undefined
    ? undefined
    : { workerId: step.workerId, seq: step.seq, attempt: step.attempt };
}

function isHeld(state: RunState, held: HeldRef): boolean {
  const step: StepState | undefined = state.step;
  return step?.workerId === held.workerId && step.seq === held.seq && step.attempt === held.attempt;
}

/** Why a worker is told to stop a step. */
function reasonOf(
  events: readonly RunEvent[],
  status: RunState['status'] | undefined,
): Pick<StepNotice, 'reason' | 'code'> {
  if (events.some(({ kind }) => kind === 'step.timed_out'))
    return { reason: 'it was not done within its timeout', code: 'STEP_TIMEOUT' };
  return { reason: status ?? 'ended' };
}

function requirementOf(state: RunState): Requirement {
  if (!state.step) throw new Error(`run ${state.runId} has no step to assign`);
  return { workflowType: state.workflowType, handler: state.step.handler, step: state.step.name };
}
