import { type Decision, isCurrent } from '@ground-control/engine';
import type { Assignment, RecordOperations, Reply, ReportStep } from '@ground-control/protocol';
import { buildAssignment } from './assignments.js';
import type { Caller } from './caller.js';
import { refused } from './caller.js';
import type { LeaderTerm } from './leader-term.js';
import { activeState, type RunRecord } from './run-record.js';

const STALE: Reply = { kind: 'stale' };
const ACCEPTED: Reply = { kind: 'accepted' };

/** Records what a step did so far. */
export function handleRecord(term: LeaderTerm, request: RecordOperations, caller: Caller): void {
  const record = term.runs.get(request.runId);
  const state = record && activeState(record);
  if (!state) return term.answer(caller, STALE);
  const { stepSeq, attempt, offset, operations } = request;
  const decision = term.decide(state, { kind: 'record', stepSeq, attempt, offset, operations });
  if (decision.kind === 'accepted') {
    term.context.workers.confirm(caller.from, record.runId);
    term.commit(record, decision.events);
  }
  answerDecision(term, decision, caller);
}

/** Takes the end of a step's attempt; the reply carries the run's next step when the worker goes on with it. */
export function handleReport(term: LeaderTerm, request: ReportStep, caller: Caller): void {
  const record = term.runs.get(request.runId);
  const state = record?.state;
  if (!state) return term.answer(caller, STALE);
  const { stepSeq, attempt, offset, operations, outcome, wantsNext } = request;
  const decision = term.decide(state, { kind: 'report', stepSeq, attempt, offset, operations, outcome });
  if (decision.kind === 'accepted') {
    const answer = (next?: Assignment): void => term.answer(caller, { kind: 'accepted', next });
    return term.commit(record, decision.events, { reportedBy: caller.from, wantsNext, answer });
  }
  if (decision.kind === 'duplicate')
    return term.answer(caller, { kind: 'accepted', next: nextOf(term, record, caller) });
  return answerDecision(term, decision, caller);
}

/** The step that went with the first reply, when its worker holds it and has shown no sign of it. */
function nextOf(term: LeaderTerm, record: RunRecord, caller: Caller): Assignment | undefined {
  const state = activeState(record);
  const step = state?.step;
  if (!state || step?.workerId !== caller.from || step.attempt !== 1) return undefined;
  return isCurrent(state, { stepSeq: step.seq, attempt: 1 })
    ? buildAssignment(term.context.partition, state, false)
    : undefined;
}

function answerDecision(term: LeaderTerm, decision: Decision, caller: Caller): void {
  switch (decision.kind) {
    case 'accepted':
    case 'duplicate':
      return term.answer(caller, ACCEPTED);
    case 'stale':
      return term.answer(caller, STALE);
    case 'rejected':
      return term.answer(caller, refused(decision.code, decision.message));
    case 'early':
      return undefined;
  }
}
