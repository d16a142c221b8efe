import { isEnded, type RunState } from '@ground-control/engine';
import type { Reply } from '@ground-control/protocol';

/** How an ended run ended. */
export function endReply(state: RunState): Reply {
  const { runId, status, result, error, reason } = state;
  if (!isEnded(status)) throw new Error(`run ${runId} has not ended`);
  return { kind: 'run.ended', runId, status, result, error, reason };
}

/** The answer to an update, or undefined while there is none. An update that its run did not live to handle is refused. */
export function updateReply(state: RunState, updateId: string): Reply | undefined {
  const answer = state.answers.get(updateId);
  if (answer?.ok) return { kind: 'update.answered', reply: answer.reply };
  if (answer) {
    const { type, message } = answer.error;
    return {
      kind: 'error',
      code: 'UPDATE_REJECTED',
      message: `The update was rejected: ${type}: ${message}`,
      failure: answer.error,
    };
  }
  if (!isEnded(state.status)) return undefined;
  return {
    kind: 'error',
    code: 'RUN_FINISHED',
    message: `Run ${state.runId} ended (${state.status}) before it handled the update.`,
  };
}
