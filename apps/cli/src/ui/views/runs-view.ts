import type { RunInfo } from '@ground-control/protocol';

import { STATUS_STYLES } from '../../styles.js';
import { relativeText } from '../../time-text.js';
import { listHeight } from '../layout.js';
import { EMPTY_LINE, fit, fitLines, type Line, line, type Span, span, spread } from '../lines.js';
import { indexOf } from '../reduce-runs.js';
import { SORTED, WINDOW } from '../runs-query.js';
import type { RunsState, UiState } from '../state.js';
import { numberText } from './frame.js';

interface Column {
  heading: string;
  width: number;
  cell(run: RunInfo, now: number): string;
  style?(run: RunInfo): Span['style'];
}

/** The list of runs: what it is narrowed down to, and as many of them as there is room for. */
export function runsLines(state: UiState): Line[] {
  const { size, runs, now } = state;
  const columns = columnsFor(size.columns);
  const shown = runs.rows.slice(runs.top, runs.top + listHeight(size));
  const headings = line(
    span('  '),
    span(columns.map(({ heading, width }) => fit(heading, width)).join('  '), 'strong'),
  );
  const rows = shown.map((run) => rowLine(run, columns, now, run.id === selectedId(runs), size.columns));
  return [
    filterLine(state),
    headings,
    ...fitLines(rows.length > 0 ? rows : emptyLines(runs), listHeight(size)),
  ];
}

function selectedId(runs: RunsState): string | undefined {
  return runs.rows[indexOf(runs)]?.id;
}

function columnsFor(total: number): Column[] {
  const wide = total >= 110;
  const [type, step] = wide ? [24, 20] : [16, 12];
  const others: Column[] = [
    { heading: 'TYPE', width: type, cell: (run) => run.workflowType },
    {
      heading: 'STATUS',
      width: 12,
      cell: (run) => `● ${run.status}`,
      style: (run) => STATUS_STYLES[run.status],
    },
    {
      heading: 'STARTED',
      width: 8,
      cell: (run, now) => relativeText(run.startedAt, now),
      style: () => 'faint',
    },
    { heading: wide ? 'STEP, OR WHAT IT WAITS FOR' : 'STEP', width: wide ? 28 : step, cell: stepText },
  ];
  const taken = others.reduce((sum, { width }) => sum + width + 2, 0);
  const id: Column = {
    heading: 'WORKFLOW ID',
    width: Math.max(8, total - taken - 3),
    cell: (run) => run.workflowId,
  };
  return [id, ...others];
}

function stepText({ currentStep, waitingFor, attempt = 1, error }: RunInfo): string {
  if (waitingFor?.kind === 'event') return waitingFor.events?.join(', ') ?? 'any event';
  if (currentStep !== undefined) return attempt > 1 ? `${currentStep} #${attempt}` : currentStep;
  return error ? error.type : '';
}

function rowLine(run: RunInfo, columns: Column[], now: number, selected: boolean, width: number): Line {
  const spans = columns.flatMap(({ width: room, cell, style }, index) => [
    span(index === 0 ? (selected ? '❯ ' : '  ') : '  '),
    span(fit(cell(run, now), room), style?.(run)),
  ]);
  if (!selected) return { spans };
  const { spans: padded } = spread(spans, [span('')], width);
  return { spans: padded, selected: true };
}

function filterLine({ runs, size }: UiState): Line {
  const { filter, sort, follow, rows, cursors, next } = runs;
  const left = [
    ...part('type', fit(filter.type ?? 'any', 16).trimEnd(), filter.type !== undefined),
    ...part('status', filter.status, filter.status !== 'any'),
    ...(filter.idPrefix === '' ? [] : part('id', `${fit(filter.idPrefix, 12).trimEnd()}…`, true)),
    ...part('sort', sort === 'newest' ? sort : `${sort} of newest ${numberText(SORTED)}`, sort !== 'newest'),
    ...(follow ? [span(' following', 'good')] : []),
  ];
  const before = (cursors.length - 1) * WINDOW;
  const position = before + indexOf(runs) + 1;
  const more = next === undefined ? '' : '+';
  const right =
    rows.length === 0
      ? []
      : [span(`${numberText(position)} of ${numberText(before + rows.length)}${more} `, 'faint')];
  return spread(left, right, size.columns);
}

function part(name: string, value: string, isSet: boolean): Span[] {
  return [span(` ${name} `, 'faint'), span(value, isSet ? 'busy' : undefined), span(' ')];
}

function emptyLines({ loading, filter }: RunsState): Line[] {
  if (loading) return [EMPTY_LINE, line(span('  Reading…', 'faint'))];
  const narrowed = filter.type !== undefined || filter.status !== 'any' || filter.idPrefix !== '';
  const text = narrowed
    ? 'No run meets these conditions.'
    : 'No runs yet. Start one: gctl workflow start <type>';
  return [EMPTY_LINE, line(span(`  ${text}`, 'faint'))];
}
