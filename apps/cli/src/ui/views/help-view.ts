import { EMPTY_LINE, type Line, line, span } from '../lines.js';

const HELP: [heading: string, keys: [key: string, does: string][]][] = [
  [
    'Everywhere',
    [
      ['1 2 3, tab', 'runs, workers, cluster'],
      ['↑ ↓, j k', 'move; page up and page down for more'],
      ['?', 'this help'],
      ['q, ctrl-c', 'quit'],
    ],
  ],
  [
    'Runs',
    [
      ['enter', 'open the run'],
      ['/', 'only ids that begin with…'],
      ['t, s', 'only a type, only a status'],
      ['o', 'sort: newest, oldest, id, type, status'],
      ['f', 'follow: stay with the newest run'],
      ['g, home', 'back to the newest'],
    ],
  ],
  [
    'A run',
    [
      ['← →, tab', 'summary, timeline, history'],
      ['↑ ↓', 'scroll; in the history, choose an event'],
      ['esc', 'back to the list'],
    ],
  ],
  [
    'The chosen run',
    [
      ['e', 'send an event'],
      ['c', 'cancel: it may clean up first'],
      ['x', 'terminate: it ends at once'],
    ],
  ],
];

/** What the keys do; all lines, however many. */
export function helpContent(): Line[] {
  return HELP.flatMap(([heading, keys]) => [
    line(span(`  ${heading}`, 'strong')),
    ...keys.map(([key, does]) => line(span(`    ${key.padEnd(14)}`, 'busy'), span(does))),
    EMPTY_LINE,
  ]);
}
