import type { RunStatus } from '@ground-control/protocol';
import type { Writable } from 'node:stream';
import { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

type Style = (text: string) => string;

/** How text is set off. Where there are no colours, every style leaves its text as it is. */
export interface Styles {
  strong: Style;
  faint: Style;
  good: Style;
  bad: Style;
  busy: Style;
  idle: Style;
  ended: Style;
}

const plain: Style = (text) => text;

export const NO_STYLES: Styles = {
  strong: plain,
  faint: plain,
  good: plain,
  bad: plain,
  busy: plain,
  idle: plain,
  ended: plain,
};

const COLOURS: Styles = {
  strong: painted('bold'),
  faint: painted('dim'),
  good: painted('green'),
  bad: painted('red'),
  busy: painted('cyan'),
  idle: painted('yellow'),
  ended: painted('magenta'),
};

function painted(format: Parameters<typeof styleText>[0]): Style {
  return (text) => (text === '' ? text : styleText(format, text, { validateStream: false }));
}

/** Colours on a terminal that has them, unless `NO_COLOR` is set; `FORCE_COLOR` has them anywhere. */
export function stylesFor(stream: Writable): Styles {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return NO_STYLES;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '0' && FORCE_COLOR !== 'false') return COLOURS;
  return stream instanceof WriteStream && stream.hasColors() ? COLOURS : NO_STYLES;
}

/** The style of a run's status. */
export const STATUS_STYLES: Record<RunStatus, keyof Styles> = {
  scheduled: 'faint',
  running: 'busy',
  waiting: 'idle',
  completed: 'good',
  failed: 'bad',
  timed_out: 'bad',
  cancelled: 'ended',
  terminated: 'ended',
};
