import type { FailureInfo, RunInfo } from '@ground-control/protocol';

import { toJson } from './json.js';
import { fields, table } from './table.js';

/** A run at length. */
export function runText(run: RunInfo): string {
  return fields([
    ['workflow id', run.workflowId],
    ['run id', run.id],
    ['type', run.workflowType],
    ['status', run.status],
    ['started', run.startedAt.toISOString()],
    ['closed', run.closedAt?.toISOString()],
    ['step', run.currentStep && `${run.currentStep}, attempt ${run.attempt ?? 1}`],
    ['waiting for', run.waitingFor && waitingText(run.waitingFor)],
    ['parent', run.parent && `${run.parent.workflowId}, run ${run.parent.runId}`],
    ['attributes', run.attributes && toJson(run.attributes)],
    ['error', run.error && failureText(run.error)],
  ]);
}

/** Runs, one a line. */
export function runsText(runs: readonly RunInfo[]): string {
  if (runs.length === 0) return 'No runs.';
  const rows = runs.map((run) => [
    run.workflowId,
    run.workflowType,
    run.status,
    run.startedAt.toISOString(),
    run.currentStep ?? '',
    run.id,
  ]);
  return table(['WORKFLOW ID', 'TYPE', 'STATUS', 'STARTED', 'STEP', 'RUN ID'], rows);
}

export function failureText({ type, message }: FailureInfo): string {
  return `${type}: ${message}`;
}

function waitingText({ kind, events, step, until }: NonNullable<RunInfo['waitingFor']>): string {
  const what = events?.length ? `${kind} ${events.join(', ')}` : kind;
  return [what, step && `for step ${step}`, until && `until ${until.toISOString()}`]
    .filter((part) => part !== undefined && part !== '')
    .join(' ');
}
