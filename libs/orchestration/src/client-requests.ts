import {
  decideStart,
  describe,
  isEnded,
  type RunCommand,
  type RunState,
  wasReceived,
} from '@ground-control/engine';
import {
  type ActiveRuns,
  type AnswerQuery,
  type CancelWorkflow,
  type DeliverChildOutcome,
  type ListRuns,
  type QueryWorkflow,
  type ReadHistory,
  type Reply,
  type RunRef,
  type SendEvent,
  type StartWorkflow,
  type TerminateWorkflow,
  type UpdateWorkflow,
  type WireRunInfo,
} from '@ground-control/protocol';
import { runContext } from './assignments.js';
import { type Caller, refused } from './caller.js';
import { fittingEvents } from './history-page.js';
import type { LeaderTerm } from './leader-term.js';
import { MAX_HISTORY_PAGE, MAX_LIST_PAGE, MAX_QUERY_TRIES } from './limits.js';
import { endReply, updateReply } from './replies.js';
import { countRuns, listRuns } from './run-listing.js';
import { activeState, type RunRecord, statusOf, waitersOf } from './run-record.js';

/** Starts a run. A run id that is known is a retry: it has been started, and that is the answer. */
export function handleStart(term: LeaderTerm, request: StartWorkflow, caller: Caller): void {
  const { runId, workflowId } = request;
  const known = term.runs.anywhere(runId);
  if (known) return answerStarted(term, caller, runId, known.workflowId !== workflowId);
  const definition = term.definition(request.workflowType);
  if (!definition) return startWhenLearnt(term, request, caller);
  const earlier = term.runs.latest(workflowId);
  const active = earlier && !isEnded(statusOf(earlier)) ? earlier : undefined;
  if (active && request.onConflict === 'useExisting') {
    return term.answer(caller, { kind: 'run.started', runId: active.runId, existing: true });
  }
  // It is ended only once it is sure that the other may start.
  const replaced = request.onConflict === 'terminateExisting' ? active : undefined;
  const decision = decideStart(
    earlier && { runId: earlier.runId, status: replaced ? 'terminated' : statusOf(earlier) },
    {
      runId,
      workflowId,
      workflowType: request.workflowType,
      input: request.input,
      timeoutMs: request.timeoutMs ?? definition.timeoutMs,
      delayMs: request.delayMs,
      reuse: request.reuse ?? 'allow',
      parent: request.parent,
      onCompleted: request.onCompleted,
      attributes: request.attributes,
    },
    term.now,
  );
  if (decision.kind === 'rejected') return term.answer(caller, refused(decision.code, decision.message));
  const [started] = decision.kind === 'accepted' ? decision.events : [];
  if (started?.kind !== 'run.started') throw new Error('a start is accepted or rejected');
  if (replaced) terminateExisting(term, replaced, runId);
  term.begin(runId, started);
  return answerStarted(term, caller, runId, false);
}

/** Its worker may have registered the type with another coordinator just now. */
function startWhenLearnt(term: LeaderTerm, request: StartWorkflow, caller: Caller): void {
  const { workflowType } = request;
  const start = async (): Promise<undefined> => {
    if (await term.context.learn(workflowType)) handleStart(term, request, caller);
    else term.answer(caller, typeUnknown(workflowType));
  };
  answerLater(caller, start());
}

function answerStarted(term: LeaderTerm, caller: Caller, runId: string, taken: boolean): void {
  if (taken)
    return term.answer(caller, refused('INVALID_INPUT', `Run id ${runId} belongs to another workflow id.`));
  return term.answer(caller, { kind: 'run.started', runId, existing: false });
}

function terminateExisting(term: LeaderTerm, record: RunRecord, by: string): void {
  command(term, record, { kind: 'terminate', reason: `replaced by run ${by}` });
}

/** Answers when the run has ended, also when that was long ago. */
export function handleResult(term: LeaderTerm, request: RunRef, caller: Caller): void {
  const record = term.runs.find(request);
  if (!record) return term.answer(caller, notFound(request));
  const state = record.state;
  if (!isEnded(statusOf(record))) {
    waitersOf(record).result.set(caller.key, (reply) => caller.respond(reply));
    return undefined;
  }
  if (state) return term.answer(caller, endReply(state));
  return term.whenDurable(() => answerLater(caller, term.reader.state(record).then(endReply)));
}

export function handleDescribe(term: LeaderTerm, request: RunRef, caller: Caller): void {
  const record = term.runs.find(request);
  if (!record) return term.answer(caller, notFound(request));
  const run = infoOf(term, record);
  if (run) return term.answer(caller, { kind: 'run.description', run });
  return term.whenDurable(() =>
    answerLater(
      caller,
      term.reader.info(record).then((archived) => ({ kind: 'run.description', run: archived })),
    ),
  );
}

/** Answers with a page of the run's durable history. With `wait`, only once there is something new to tell. */
export function handleHistory(term: LeaderTerm, request: ReadHistory, caller: Caller): void {
  const record = term.runs.find(request);
  if (!record) return term.answer(caller, notFound(request));
  return term.whenDurable(() => answerLater(caller, historyPage(term, record, request, caller)));
}

async function historyPage(
  term: LeaderTerm,
  record: RunRecord,
  request: ReadHistory,
  caller: Caller,
): Promise<Reply | undefined> {
  const { last } = record;
  const part = await term.reader.history(record, request.after, Math.min(request.limit, MAX_HISTORY_PAGE));
  const events = fittingEvents(part.events);
  const more = part.more || events.length < part.events.length;
  const ended = !more && ENDINGS.has(part.end ?? '');
  if (events.length > 0 || ended || !request.wait) {
    return { kind: 'history.page', runId: record.runId, events, more, ended };
  }
  if (record.last > last) return historyPage(term, record, request, caller);
  waitersOf(record).history.set(caller.key, () => handleHistory(term, request, caller));
  return undefined;
}

const ENDINGS: ReadonlySet<string> = new Set([
  'run.completed',
  'run.failed',
  'run.cancelled',
  'run.terminated',
  'run.timed_out',
]);

export function handleSend(term: LeaderTerm, request: SendEvent, caller: Caller): void {
  const { eventId: id, event, payload } = request;
  onRun(term, request, id, caller, (record) => {
    const known = term.handles(record.workflowType, 'event', event);
    return { kind: 'send', id, event, payload, known };
  });
}

/** Answers with the handler's reply, to every retry the same. */
export function handleUpdate(term: LeaderTerm, request: UpdateWorkflow, caller: Caller): void {
  const record = term.runs.find(request);
  if (!record) return term.answer(caller, notFound(request));
  const state = record.state;
  if (!state)
    return term.whenDurable(() => answerLater(caller, answerOfEnded(term, record, request.updateId)));
  const { updateId: id, update, payload } = request;
  const known = term.handles(record.workflowType, 'update', update);
  const decision = term.decide(state, { kind: 'update', id, update, payload, known });
  if (decision.kind === 'rejected') return term.answer(caller, refused(decision.code, decision.message));
  const answered = updateReply(state, id);
  if (answered) return term.answer(caller, answered);
  const { updates } = waitersOf(record);
  const callers = updates.get(id) ?? new Map<string, (reply: Reply) => void>();
  updates.set(
    id,
    callers.set(caller.key, (reply) => caller.respond(reply)),
  );
  if (decision.kind === 'accepted') term.commit(record, decision.events);
  return undefined;
}

/** The answer that an update had from a run that ended some time ago; every other update comes too late. */
async function answerOfEnded(term: LeaderTerm, record: RunRecord, updateId: string): Promise<Reply> {
  const state = await term.reader.state(record);
  const answered = wasReceived(state, { id: updateId }) ? updateReply(state, updateId) : undefined;
  return answered ?? finished(record);
}

export function handleCancel(term: LeaderTerm, request: CancelWorkflow, caller: Caller): void {
  const { requestId: id, reason } = request;
  onRun(term, request, id, caller, (record) => {
    const handler = term.handles(record.workflowType, 'cancel');
    return { kind: 'cancel', id, reason, handler };
  });
  notifyCancel(term, request);
}

/** A step that runs sees that its run is to be cancelled. */
function notifyCancel(term: LeaderTerm, request: CancelWorkflow): void {
  const record = term.runs.find(request);
  const step = record && activeState(record)?.step;
  const workerId = step?.workerId;
  if (!record || !step || workerId === undefined) return;
  const key = {
    partition: term.context.partition,
    runId: record.runId,
    stepSeq: step.seq,
    attempt: step.attempt,
  };
  const reason = request.reason ?? 'cancel requested';
  term.whenDurable(() => term.context.notify(workerId, { kind: 'step.cancel_requested', ...key, reason }));
}

export function handleTerminate(term: LeaderTerm, request: TerminateWorkflow, caller: Caller): void {
  const { requestId: id, reason } = request;
  onRun(term, request, id, caller, () => ({ kind: 'terminate', id, reason }));
}

/** A child's outcome reaches its parent; a parent that is gone or has ended needs it no longer. */
export function handleChildEnded(term: LeaderTerm, request: DeliverChildOutcome, caller: Caller): void {
  const record = term.runs.find(request);
  if (record && activeState(record))
    command(term, record, { kind: 'complete-child', outcome: request.outcome });
  return term.answer(caller, { kind: 'accepted' });
}

/** Has a worker answer from the state as it is committed, whether the run is active or has ended. */
export function handleQuery(term: LeaderTerm, request: QueryWorkflow, caller: Caller): void {
  const record = term.runs.find(request);
  if (!record) return term.answer(caller, notFound(request));
  if (!term.hasQuery(record.workflowType, request.query)) {
    const message = `Workflow type ${record.workflowType} has no query ${JSON.stringify(request.query)}.`;
    return term.answer(caller, refused('UNKNOWN_QUERY', message));
  }
  if (!record.state) {
    const answer = async (): Promise<Reply> =>
      askWorker(term, queryOf(term, request, await term.reader.state(record)));
    return term.whenDurable(() => answerLater(caller, answer()));
  }
  const query = queryOf(term, request, record.state);
  return term.whenDurable(() => answerLater(caller, askWorker(term, query)));
}

/** The question for a worker, with the run as it is now. */
function queryOf(term: LeaderTerm, { query, args }: QueryWorkflow, state: RunState): AnswerQuery {
  const { runId } = state;
  const info = describe(state, term.now);
  return { kind: 'query.answer', runId, run: runContext(state), info, query, args };
}

/** Asks one worker after the other: one that died is listed until its lease has run out. */
async function askWorker(term: LeaderTerm, query: AnswerQuery): Promise<Reply> {
  const { workflowType } = query.run;
  const asked = new Set<string>();
  for (let tries = 0; tries < MAX_QUERY_TRIES; tries++) {
    const worker = term.context.workers.forQuery(workflowType, query.query, asked);
    if (!worker) {
      return refused('QUERY_FAILED', `No live worker serves queries of workflow type ${workflowType}.`);
    }
    // oxlint-disable-next-line no-await-in-loop -- the next only when this one does not answer
    const reply = await term.context.query(worker.id, query);
    if (reply) return reply;
    asked.add(worker.id);
  }
  return refused('QUERY_FAILED', `No worker answered query ${JSON.stringify(query.query)} in time.`);
}

/** The partition's runs that match, newest first. */
export function handleList(term: LeaderTerm, request: ListRuns, caller: Caller): void {
  const { runs, reader, checkpoints } = term.repository;
  const limit = Math.min(request.limit, MAX_LIST_PAGE);
  const read = listRuns({ runs, reader, checkpoints, now: term.now }, request, limit);
  term.whenDurable(() => {
    answerLater(
      caller,
      read().then((found) => ({ kind: 'run.list', runs: found })),
    );
  });
}

/** How many runs the partition has. */
export function handleCount(term: LeaderTerm, caller: Caller): void {
  term.answer(caller, { kind: 'run.counts', counts: countRuns(term.runs) });
}

/** Tells who leads the partition, and of which types the runs are that have not ended. */
export function handleDescribePartition(term: LeaderTerm, caller: Caller): void {
  const { partition, self } = term.context;
  const active = activeRuns(term.runs.values());
  term.answer(caller, { kind: 'partition', partition, leader: self, since: term.since, active });
}

function activeRuns(records: Iterable<RunRecord>): ActiveRuns[] {
  const counts = new Map<string, ActiveRuns>();
  for (const record of records) {
    const status = statusOf(record);
    if (status !== 'scheduled' && status !== 'running' && status !== 'waiting') continue;
    const key = `${status} ${record.workflowType}`;
    const count = counts.get(key) ?? { type: record.workflowType, status, runs: 0 };
    count.runs += 1;
    counts.set(key, count);
  }
  return [...counts.values()];
}

/** The run at a glance, unless it is in the archive alone. */
function infoOf(term: LeaderTerm, record: RunRecord): WireRunInfo | undefined {
  if (!record.state) return record.ended?.info;
  return withService(term, record.state, describe(record.state, term.now));
}

/** Of a run that waits for a worker: whether any has its step. */
function withService(term: LeaderTerm, { step, workflowType }: RunState, info: WireRunInfo): WireRunInfo {
  if (info.waitingFor?.kind !== 'worker' || !step) return info;
  const isServed = term.context.workers.isServed({ workflowType, handler: step.handler, step: step.name });
  return { ...info, waitingFor: { ...info.waitingFor, isServed } };
}

/** Decides a command, known by its id, on the run that the request names, commits, and answers. */
function onRun(
  term: LeaderTerm,
  ref: RunRef,
  id: string | undefined,
  caller: Caller,
  toCommand: (record: RunRecord) => RunCommand,
): void {
  const record = term.runs.find(ref);
  if (!record) return term.answer(caller, notFound(ref));
  if (!record.state) return term.whenDurable(() => answerLater(caller, answerOfRetry(term, record, id)));
  const refusal = command(term, record, toCommand(record));
  return term.answer(caller, refusal ?? { kind: 'accepted' });
}

/** A retry of what a run accepted that ended some time ago has the answer it had; all else comes too late. */
async function answerOfRetry(term: LeaderTerm, record: RunRecord, id: string | undefined): Promise<Reply> {
  if (id === undefined) return finished(record);
  return wasReceived(await term.reader.state(record), { id }) ? { kind: 'accepted' } : finished(record);
}

/** @returns a refusal, or nothing when it is done or was done before */
function command(term: LeaderTerm, record: RunRecord, what: RunCommand): Reply | undefined {
  if (!record.state) return finished(record);
  const decision = term.decide(record.state, what);
  if (decision.kind === 'rejected') return refused(decision.code, decision.message);
  if (decision.kind === 'accepted') term.commit(record, decision.events);
  return undefined;
}

function answerLater(caller: Caller, reply: Promise<Reply | undefined>): void {
  reply.then(
    (value) => value && caller.respond(value),
    (error: unknown) =>
      caller.respond(refused('COORDINATOR_UNAVAILABLE', `The run could not be read: ${String(error)}`)),
  );
}

function notFound(ref: RunRef): Reply {
  const run = ref.runId === undefined ? 'No run' : `No run ${ref.runId}`;
  return refused('WORKFLOW_NOT_FOUND', `${run} of workflow id ${JSON.stringify(ref.workflowId)} is known.`);
}

function finished(record: RunRecord): Reply {
  return refused(
    'RUN_FINISHED',
    `Run ${record.runId} of workflow ${record.workflowId} has ended: ${statusOf(record)}.`,
  );
}

function typeUnknown(workflowType: string): Reply {
  const message = `No worker has registered workflow type ${JSON.stringify(workflowType)}. Start a worker that provides it.`;
  return refused('WORKFLOW_TYPE_NOT_REGISTERED', message);
}
