import type { FailureInfo, RunInfo } from '@ground-control/protocol';

import { toJson } from './json.js';
import { printable } from './printable.js';
import { STATUS_STYLES, type Styles } from './styles.js';
import { fields, table } from './table.js';
import { durationText, relativeText } from './time-text.js';

/** A run at length. */
export function runText(run: RunInfo, styles: Styles, now: number): string {
  return fields([
    ['workflow id', printable(run.workflowId)],
    ['run id', run.id],
    ['type', printable(run.workflowType)],
    ['status', statusText(run.status, styles)],
    ['started', timeText(run.startedAt, styles, now)],
    ['closed', run.closedAt && timeText(run.closedAt, styles, now)],
    ['took', run.closedAt && durationText(run.closedAt.getTime() - run.startedAt.getTime())],
    ['step', run.currentStep && `${printable(run.currentStep)}, attempt ${run.attempt ?? 1}`],
    ['waiting for', run.waitingFor && waitingText(run.waitingFor, now)],
    ['parent', run.parent && `${printable(run.parent.workflowId)}, run ${run.parent.runId}`],
    ['attributes', run.attributes && toJson(run.attributes)],
    ['error', run.error && styles.bad(failureText(run.error))],
  ]);
}

/** Runs, one a line. */
export function runsText(runs: readonly RunInfo[], styles: Styles, now: number): string {
  if (runs.length === 0) return 'No runs.';
  const rows = runs.map((run) => [
    printable(run.workflowId),
    printable(run.workflowType),
    statusText(run.status, styles),
    relativeText(run.startedAt, now),
    printable(run.currentStep ?? ''),
    styles.faint(run.id),
  ]);
  return table(headed(styles, 'WORKFLOW ID', 'TYPE', 'STATUS', 'STARTED', 'STEP', 'RUN ID'), rows);
}

/** The headings of a table. */
export function headed(styles: Styles, ...headings: string[]): string[] {
  return headings.map(styles.strong);
}

export function failureText({ type, message }: FailureInfo): string {
  return `${printable(type)}: ${printable(message)}`;
}

function statusText(status: RunInfo['status'], styles: Styles): string {
  return styles[STATUS_STYLES[status]](status);
}

function timeText(time: Date, styles: Styles, now: number): string {
  return `${time.toISOString()} ${styles.faint(`(${relativeText(time, now)})`)}`;
}

/** What a run waits for, in words. */
export function waitingText(waiting: NonNullable<RunInfo['waitingFor']>, now: number): string {
  const { kind, events, step, until, isServed } = waiting;
  const what = events?.length ? `${kind} ${events.map(printable).join(', ')}` : kind;
  const why = kind === 'worker' && isServed !== undefined && (isServed ? '(none has room)' : '(none has it)');
  const end = until && `until ${until.toISOString()} (${relativeText(until, now)})`;
  return [what, step && `for step ${printable(step)}`, why, end]
    .filter((part) => part !== undefined && part !== false && part !== '')
    .join(' ');
}
