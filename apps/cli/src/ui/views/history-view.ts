import type { HistoryEvent } from '@ground-control/protocol';

import { eventParts, kindStyle } from '../../history-text.js';
import { toJson } from '../../json.js';
import { printable } from '../../printable.js';
import { bodyHeight, eventListHeight } from '../layout.js';
import { fit, fitLines, type Line, line, span, spread } from '../lines.js';
import { selectedEvent } from '../reduce-run.js';
import type { RunState, Size } from '../state.js';

// What the line above has told already.
const TOLD = new Set(['seq', 'at', 'kind']);

/** The events, and the one that is chosen in full. */
export function historyLines(run: RunState, size: Size): Line[] {
  const listed = eventListHeight(size);
  const chosen = selectedEvent(run);
  const list = run.events
    .slice(run.eventTop, run.eventTop + listed)
    .map((event, index) => eventLine(event, run.eventTop + index === chosen, size.columns));
  const event = run.events[chosen];
  const room = Math.max(1, bodyHeight(size) - 2 - listed - 1);
  return [
    ...fitLines(list, listed),
    line(span('─'.repeat(size.columns), 'faint')),
    ...(event ? fitLines(detailLines(event, size.columns, room), room) : []),
  ];
}

function eventLine(event: HistoryEvent, selected: boolean, width: number): Line {
  const { names, rest } = eventParts(event);
  const head = [
    span(`${selected ? '❯' : ' '}${String(event.seq).padStart(4)}  `),
    span(`${event.at.toISOString().slice(11, 23)}  `, 'faint'),
    span(event.kind.padEnd(19), kindStyle(event.kind)),
  ];
  const text = [...names, ...rest].join('  ');
  const spans = [...head, span(' '), span(fit(text, Math.max(0, width - 42)).trimEnd())];
  return selected ? { spans: spread(spans, [span('')], width).spans, selected } : { spans };
}

function detailLines(event: HistoryEvent, width: number, room: number): Line[] {
  const fields = Object.fromEntries(Object.entries(event).filter(([name]) => !TOLD.has(name)));
  const text = toJson(fields, 2).split('\n').slice(1, -1);
  const flat = text.length > room ? compact(fields) : text.map((part) => part.slice(2));
  const lines = flat.map((part) => line(span(` ${fit(printable(part), width - 2).trimEnd()}`)));
  if (lines.length <= room) return lines;
  const hidden = lines.length - room + 1;
  return [
    ...lines.slice(0, room - 1),
    line(span(` … ${hidden} more: gctl workflow history --json`, 'faint')),
  ];
}

/** Each field on a line of its own. */
function compact(fields: Record<string, unknown>): string[] {
  return Object.entries(fields).map(([name, value]) => `"${name}": ${toJson(value)}`);
}
