import { durationText } from '../../time-text.js';
import { activeOf } from '../../cluster-text.js';
import { fit, type Line, line, rule, type Span, span, spread, widthOf } from '../lines.js';
import { type Page, PAGES, type UiState } from '../state.js';

const TITLES: Record<Page, string> = { runs: 'Runs', workers: 'Workers', cluster: 'Cluster' };

/** The lines above a page: where one is, whether anybody answers, and how much there is to do. */
export function headerLines(state: UiState): Line[] {
  const { columns } = state.size;
  const title = [span(' ◆ Ground Control', 'strong'), span(`  ${state.place}`, 'faint')];
  return [
    spread(title, connectionSpans(state), columns),
    spread(tabSpans(state), countSpans(state), columns),
    rule(columns),
  ];
}

/** The lines below a page: what was done, and which keys do what. */
export function footerLines(state: UiState): Line[] {
  const { columns } = state.size;
  const { notice, connection } = state;
  const above = notice
    ? line(
        span(
          ` ${notice.good ? '✓' : '✗'} ${fit(notice.text, columns - 4).trimEnd()}`,
          notice.good ? 'good' : 'bad',
        ),
      )
    : rule(columns);
  const away = connection.up ? above : line(span(` ↻ ${fit(connection.why, columns - 4).trimEnd()}`, 'idle'));
  return [notice ? above : away, keysLine(state)];
}

function connectionSpans({ connection, now }: UiState): Span[] {
  if (connection.up) return [span('● ', 'good'), span('connected ')];
  const since = durationText(Math.max(0, now - connection.since));
  return [span(`● reconnecting for ${since} `, 'idle')];
}

function tabSpans({ page }: UiState): Span[] {
  return PAGES.flatMap((one, index) => [
    span(index === 0 ? ' ' : '   '),
    span(`${index + 1} `, 'faint'),
    span(TITLES[one], one === page ? 'strong' : 'faint'),
    ...(one === page ? [span(' ◂', 'busy')] : [span('  ')]),
  ]);
}

/** What has not ended, in all partitions that answer. */
function countSpans({ cluster }: UiState): Span[] {
  if (!cluster) return [];
  const count = (status: 'scheduled' | 'running' | 'waiting'): number =>
    cluster.partitions.reduce((sum, partition) => sum + activeOf(partition, status), 0);
  return [
    span(`${numberText(count('running'))} running`, 'busy'),
    span('  '),
    span(`${numberText(count('waiting'))} waiting`, 'idle'),
    span('  '),
    span(`${numberText(count('scheduled'))} scheduled `, 'faint'),
  ];
}

export function numberText(value: number): string {
  return value.toLocaleString('en-US');
}

type Hint = [key: string, does: string];

const END_KEYS: Hint[] = [
  ['e', 'event'],
  ['c', 'cancel'],
  ['x', 'terminate'],
];
const LAST_KEYS: Hint[] = [
  ['?', 'help'],
  ['q', 'quit'],
];

/** As many keys as there is room for, and those that are always good to know at the end. */
function keysLine(state: UiState): Line {
  const right = isModal(state) ? [] : hintSpans(LAST_KEYS);
  const left: Span[] = [];
  for (const hint of hintsOf(state)) {
    const more = hintSpans([hint]);
    if (widthOf([...left, ...more, ...right]) > state.size.columns) break;
    left.push(...more);
  }
  return spread(left, right, state.size.columns);
}

function hintSpans(hints: readonly Hint[]): Span[] {
  return hints.flatMap(([key, does]) => [span(` ${key}`, 'strong'), span(` ${does} `, 'faint')]);
}

function isModal({ dialog, help }: UiState): boolean {
  return dialog !== undefined || help;
}

function hintsOf(state: UiState): Hint[] {
  if (state.dialog) return dialogHints(state.dialog.kind);
  if (state.help) return [['any key', 'back']];
  if (state.run) return [['esc', 'back'], ['←→', 'tabs'], ['↑↓', 'move'], ...END_KEYS];
  if (state.page !== 'runs')
    return [
      ['tab', 'next page'],
      ['↑↓', 'scroll'],
    ];
  const filters: Hint[] = [
    ['/', 'id'],
    ['t', 'type'],
    ['s', 'status'],
    ['o', 'sort'],
    ['f', 'follow'],
  ];
  return [['⏎', 'open'], ...filters, ...END_KEYS];
}

function dialogHints(kind: NonNullable<UiState['dialog']>['kind']): Hint[] {
  if (kind === 'end')
    return [
      ['y', 'yes'],
      ['n', 'no'],
    ];
  if (kind === 'send')
    return [
      ['⏎', 'next, send'],
      ['tab', 'other field'],
      ['↑↓', 'known events'],
      ['esc', 'leave'],
    ];
  return [['⏎', 'take'], ...(kind === 'choose' ? ([['↑↓', 'choose']] as Hint[]) : []), ['esc', 'leave']];
}
