import type { FailureInfo, HistoryEvent } from '@ground-control/protocol';

import { toJson } from './json.js';
import { failureText } from './run-text.js';

const LONGEST_VALUE = 100;
// The names come first, for the eye; what `--json` is there for stays out.
const NAMES = ['step', 'task', 'event', 'workflowType', 'workflowId'];
const HIDDEN = new Set(['seq', 'at', 'kind', 'op', 'workerId', 'stack', ...NAMES]);

/** A history event on one line. */
export function eventText(event: HistoryEvent): string {
  const values = event as unknown as Record<string, unknown>;
  const names = NAMES.map((name) => values[name]).filter((value) => typeof value === 'string');
  const rest = Object.entries(values)
    .filter(([name, value]) => value !== undefined && !HIDDEN.has(name))
    .map(([name, value]) => `${name}=${valueText(name, value)}`);
  const head = [String(event.seq).padStart(4), event.at.toISOString().slice(11, 23), event.kind.padEnd(20)];
  return [...head, ...names, ...rest].join('  ').trimEnd();
}

export function historyText(events: readonly HistoryEvent[]): string {
  return events.map(eventText).join('\n');
}

function valueText(name: string, value: unknown): string {
  const text = name === 'error' ? failureText(value as FailureInfo) : toJson(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE - 1)}…`;
}
