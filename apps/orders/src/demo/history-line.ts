import type { HistoryEvent } from '@ground-control/nestjs';

const LONGEST_VALUE = 60;

/** A history event on one line: when it happened, what it was, who did it. */
export function historyLine(event: HistoryEvent, nameOf: (workerId: string) => string): string {
  const what = [subjectOf(event), valueOf(event)].filter((part) => part !== '').join(' → ');
  const who = 'workerId' in event ? `  (${nameOf(event.workerId)}, attempt ${event.attempt})` : '';
  return `│ ${event.at.toISOString().slice(11, 23)}  ${event.kind.padEnd(18)} ${what}${who}`;
}

function subjectOf(event: HistoryEvent): string {
  if ('task' in event) return `${event.task}(${argumentsOf(event.args)})`;
  return 'step' in event ? event.step : '';
}

function valueOf(event: HistoryEvent): string {
  if ('result' in event) return event.result === undefined ? '' : shortened(event.result);
  if ('error' in event && event.error) return `${event.error.type}: ${event.error.message}`;
  return 'value' in event ? shortened(event.value) : '';
}

function argumentsOf(args: unknown): string {
  return Array.isArray(args) ? args.map(shortened).join(', ') : '';
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE - 1)}…`;
}
