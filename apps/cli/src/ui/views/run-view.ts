import type { HistoryEvent, RunInfo } from '@ground-control/protocol';

import { toJson } from '../../json.js';
import { failureText, waitingText } from '../../run-text.js';
import { STATUS_STYLES } from '../../styles.js';
import { durationText, relativeText } from '../../time-text.js';
import { bodyHeight } from '../layout.js';
import { EMPTY_LINE, fit, fitLines, type Line, line, type Span, span, spread } from '../lines.js';
import { RUN_TABS, type RunState, type RunTab, type UiState } from '../state.js';
import { historyLines } from './history-view.js';
import { storeOf } from './store-of.js';
import { timelineLines } from './timeline.js';

const LABEL_WIDTH = 13;
const TAB_TITLES: Record<RunTab, string> = { summary: 'Summary', timeline: 'Timeline', history: 'History' };

/** The page of one run: what it is, and one of three ways to look at it. */
export function runLines(state: UiState, run: RunState): Line[] {
  const height = bodyHeight(state.size) - 2;
  const content =
    run.tab === 'history'
      ? historyLines(run, state.size)
      : runContent(state, run).slice(run.top, run.top + height);
  return [headLine(state, run.run), tabsLine(state, run), ...fitLines(content, height)];
}

/** All lines of the summary or the timeline, however many there are. */
export function runContent(state: UiState, run: RunState): Line[] {
  if (run.tab === 'timeline') return timelineLines(run.run, run.events, state.size, state.now);
  return summaryLines(run, state.size.columns, state.now);
}

function headLine({ now, size }: UiState, run: RunInfo): Line {
  const { workflowId, workflowType, status, startedAt, closedAt } = run;
  const took = durationText((closedAt?.getTime() ?? now) - startedAt.getTime());
  const right = [span(`${closedAt ? 'took' : 'for'} ${took} `, 'faint')];
  const room = Math.max(
    8,
    size.columns - 20 - Math.min(24, workflowType.length) - status.length - took.length,
  );
  return spread(
    [
      span(' '),
      span(fit(workflowId, room).trimEnd(), 'strong'),
      span(`  ${fit(workflowType, 24).trimEnd()}  `, 'faint'),
      span(`● ${status}`, STATUS_STYLES[status]),
    ],
    right,
    size.columns,
  );
}

function tabsLine({ size }: UiState, { tab, events }: RunState): Line {
  const tabs = RUN_TABS.flatMap((one): Span[] => [
    span(' '),
    span(one === tab ? `[${TAB_TITLES[one]}]` : ` ${TAB_TITLES[one]} `, one === tab ? 'busy' : 'faint'),
  ]);
  return spread(tabs, [span(`${events.length} events `, 'faint')], size.columns);
}

function summaryLines({ run, events }: RunState, width: number, now: number): Line[] {
  const { waitingFor, parent, attributes, error, closedAt } = run;
  const room = width - LABEL_WIDTH - 3;
  const field = (name: string, value: string | undefined, style?: Span['style']): Line[] =>
    value === undefined ? [] : wrapped(name, value, room, style);
  const time = (at: Date): string => `${at.toISOString()} (${relativeText(at, now)})`;
  return [
    ...field('run id', run.id),
    ...field('started', time(run.startedAt)),
    ...field('closed', closedAt && time(closedAt)),
    ...field('step', run.currentStep && `${run.currentStep}, attempt ${run.attempt ?? 1}`),
    ...field('waiting for', waitingFor && waitingText(waitingFor, now), 'idle'),
    ...field('parent', parent && `${parent.workflowId} (run ${parent.runId})`),
    ...field('attributes', attributes && toJson(attributes)),
    ...field('error', error && failureText(error), 'bad'),
    ...valueLines('input', inputOf(events), room),
    ...valueLines('result', resultOf(events), room),
    ...storeLines(events, room),
  ];
}

function storeLines(events: readonly HistoryEvent[], room: number): Line[] {
  const store = storeOf(events);
  if (store.size === 0) return [];
  return [
    EMPTY_LINE,
    line(span(' store', 'strong')),
    ...[...store].flatMap(([key, value]) => wrapped(key, toJson(value), room)),
  ];
}

function valueLines(name: string, found: { value: unknown } | undefined, room: number): Line[] {
  if (!found || found.value === undefined) return [];
  const [first = '', ...rest] = toJson(found.value, 2).split('\n');
  return [
    EMPTY_LINE,
    ...wrapped(name, first, room),
    ...rest.map((text) => line(span(' '.repeat(LABEL_WIDTH + 2)), span(fit(text, room).trimEnd()))),
  ];
}

function inputOf(events: readonly HistoryEvent[]): { value: unknown } | undefined {
  const [first] = events;
  return first?.kind === 'run.started' ? { value: first.input } : undefined;
}

function resultOf(events: readonly HistoryEvent[]): { value: unknown } | undefined {
  const last = events.at(-1);
  return last?.kind === 'run.completed' ? { value: last.result } : undefined;
}

/** A name and its value, over as many lines as the value needs. */
function wrapped(name: string, value: string, room: number, style?: Span['style']): Line[] {
  const parts: string[] = [];
  for (let start = 0; start < Math.max(1, value.length); start += room)
    parts.push(value.slice(start, start + room));
  return parts.map((part, index) =>
    line(
      span(` ${fit(index === 0 ? name : '', LABEL_WIDTH)} `, 'faint'),
      span(fit(part, room).trimEnd(), style),
    ),
  );
}
