import type { FailureInfo, HistoryEvent } from '@ground-control/protocol';

import { toJson } from './json.js';
import { printable } from './printable.js';
import { failureText } from './run-text.js';
import type { Styles } from './styles.js';

const LONGEST_VALUE = 100;
// The names come first, for the eye; what `--json` is there for stays out.
const NAMES = ['step', 'task', 'event', 'update', 'workflowType', 'workflowId'];
const HIDDEN = new Set(['seq', 'at', 'kind', 'op', 'workerId', 'stack', 'recorded', ...NAMES]);

/** A history event on one line. */
export function eventText(event: HistoryEvent, styles: Styles): string {
  const { names, rest } = eventParts(event);
  const kind = styles[kindStyle(event.kind)](event.kind.padEnd(20));
  const head = [
    String(event.seq).padStart(4),
    styles.faint(event.at.toISOString().slice(11, 23)),
    names.length + rest.length > 0 ? kind : kind.trimEnd(),
  ];
  return [...head, ...names, ...rest].join('  ').trimEnd();
}

export function historyText(events: readonly HistoryEvent[], styles: Styles): string {
  return events.map((event) => eventText(event, styles)).join('\n');
}

/** What an event is about, by name, and what it tells besides. */
export function eventParts(event: HistoryEvent): { names: string[]; rest: string[] } {
  const values = event as unknown as Record<string, unknown>;
  const names = NAMES.map((name) => values[name]).filter((value) => typeof value === 'string');
  const rest = Object.entries(values)
    .filter(([name, value]) => value !== undefined && !HIDDEN.has(name))
    .map(([name, value]) => `${name}=${valueText(name, value)}`);
  return { names: names.map(printable), rest };
}

/** How the kind of an event is set off: by how it went. */
export function kindStyle(kind: HistoryEvent['kind']): keyof Styles {
  if (/failed|timed_out$/.test(kind)) return 'bad';
  if (/cancel|terminated|retried/.test(kind)) return 'ended';
  if (/^(event|update|wait)\./.test(kind)) return 'idle';
  if (kind.endsWith('completed')) return 'good';
  return kind.startsWith('step.') || kind === 'run.started' ? 'busy' : 'faint';
}

function valueText(name: string, value: unknown): string {
  const text = name === 'error' ? failureText(value as FailureInfo) : printable(toJson(value));
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE - 1)}…`;
}
