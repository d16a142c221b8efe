import {
  type RunEnded,
  type RunRef,
  type ValueCodec,
  WorkflowCancelledError,
  WorkflowFailedError,
  WorkflowTerminatedError,
  WorkflowTimedOutError,
} from '@ground-control/protocol';

import { failureError } from './failure-error.js';

/**
 * The result of a run that has ended.
 *
 * @throws WorkflowFailedError, WorkflowCancelledError, WorkflowTerminatedError or WorkflowTimedOutError when it has none
 */
export function resultOf(run: RunRef, ended: RunEnded, values: ValueCodec): unknown {
  if (ended.status === 'completed') return values.decode(ended.result);
  throw errorOf(run, ended, ended.status, values);
}

function errorOf(
  run: RunRef,
  ended: RunEnded,
  status: Exclude<RunEnded['status'], 'completed'>,
  values: ValueCodec,
): Error {
  const details = { workflowId: run.workflowId, runId: ended.runId, reason: ended.reason };
  const what = `Workflow ${JSON.stringify(run.workflowId)} (run ${ended.runId})`;
  const why = ended.reason === undefined ? '.' : `: ${ended.reason}`;
  switch (status) {
    case 'failed':
      return failedError(what, ended, values);
    case 'cancelled':
      return new WorkflowCancelledError(`${what} was cancelled${why}`, { details });
    case 'terminated':
      return new WorkflowTerminatedError(`${what} was terminated${why}`, { details });
    case 'timed_out':
      return new WorkflowTimedOutError(`${what} timed out${why}`, { details });
  }
}

function failedError(what: string, ended: RunEnded, values: ValueCodec): WorkflowFailedError {
  const failure = ended.error ?? { type: 'Error', message: 'no error was recorded' };
  const cause = failureError(failure, values);
  return new WorkflowFailedError(`${what} failed: ${failure.type}: ${cause.message}`, { cause });
}
