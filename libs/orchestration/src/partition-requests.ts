import type { PartitionRequest } from '@ground-control/protocol';
import { type Caller, refused } from './caller.js';
import {
  handleCancel,
  handleChildEnded,
  handleCount,
  handleDescribe,
  handleDescribePartition,
  handleHistory,
  handleList,
  handleQuery,
  handleResult,
  handleSend,
  handleStart,
  handleTerminate,
  handleUpdate,
} from './client-requests.js';
import type { LeaderTerm } from './leader-term.js';
import { faultOf } from './request-shapes.js';
import { handleRecord, handleReport } from './worker-requests.js';

/** Carries out a request for a partition, whoever sent it and whatever it holds. */
export function handleRequest(term: LeaderTerm, request: { kind: string }, caller: Caller): void {
  const fault = faultOf(request);
  if (fault) return caller.respond(refused('MALFORMED_MESSAGE', fault));
  return dispatch(term, request as PartitionRequest, caller);
}

/** What a request has to wait for before it is handled; undefined when its run is in memory, or nothing is known of it. */
export function absentRun(term: LeaderTerm, request: { kind: string }): Promise<void> | undefined {
  return faultOf(request) ? undefined : term.repository.absent(request as PartitionRequest);
}

function dispatch(term: LeaderTerm, request: PartitionRequest, caller: Caller): void {
  switch (request.kind) {
    case 'step.record':
      return handleRecord(term, request, caller);
    case 'step.result':
      return handleReport(term, request, caller);
    case 'workflow.start':
      return handleStart(term, request, caller);
    case 'workflow.result':
      return handleResult(term, request, caller);
    case 'workflow.describe':
      return handleDescribe(term, request, caller);
    case 'workflow.history':
      return handleHistory(term, request, caller);
    case 'workflow.send':
      return handleSend(term, request, caller);
    case 'workflow.query':
      return handleQuery(term, request, caller);
    case 'workflow.update':
      return handleUpdate(term, request, caller);
    case 'workflow.cancel':
      return handleCancel(term, request, caller);
    case 'workflow.terminate':
      return handleTerminate(term, request, caller);
    case 'workflow.count':
      return handleCount(term, caller);
    case 'workflow.list':
      return handleList(term, request, caller);
    case 'partition.describe':
      return handleDescribePartition(term, caller);
    case 'child.ended':
      return handleChildEnded(term, request, caller);
  }
}
