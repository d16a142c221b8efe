import stringWidth from 'string-width';

import { printable } from '../printable.js';
import type { Styles } from '../styles.js';

/** How a part of a line is set off. */
export type SpanStyle = keyof Styles;

export interface Span {
  text: string;
  style?: SpanStyle | undefined;
}

/** A line of the screen. */
export interface Line {
  spans: readonly Span[];
  /** The line that the keys act on: set off as a whole. */
  selected?: boolean;
}

export const EMPTY_LINE: Line = { spans: [] };

const graphemes = new Intl.Segmenter();

export function span(text: string, style?: SpanStyle): Span {
  return { text, style };
}

export function line(...spans: (Span | string)[]): Line {
  return { spans: spans.map((part) => (typeof part === 'string' ? span(part) : part)) };
}

/** The text on exactly that many places: cut with an ellipsis, or filled with blanks. */
export function fit(text: string, width: number): string {
  const shown = cut(printable(text), width);
  return shown + ' '.repeat(Math.max(0, width - stringWidth(shown)));
}

/** The text on at most that many places. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let shown = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += stringWidth(segment);
    if (used > width - 1) break;
    shown += segment;
  }
  return width > 0 ? `${shown}…` : '';
}

/** The line with a right part at the end of the width, which gives way when there is no room. */
export function spread(left: readonly Span[], right: readonly Span[], width: number): Line {
  const room = width - widthOf(left) - widthOf(right);
  if (room < 1) return { spans: left };
  return { spans: [...left, span(' '.repeat(room)), ...right] };
}

export function widthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { text }) => sum + stringWidth(text), 0);
}

/** Exactly that many lines: cut, or filled with empty ones. */
export function fitLines(lines: readonly Line[], height: number): Line[] {
  const shown = lines.slice(0, Math.max(0, height));
  return [...shown, ...Array.from({ length: Math.max(0, height - shown.length) }, () => EMPTY_LINE)];
}

/** The text of a line, without its styles. */
export function textOf({ spans }: Line): string {
  return spans.map(({ text }) => text).join('');
}

/** A line across the screen. */
export function rule(width: number): Line {
  return line(span('─'.repeat(Math.max(0, width)), 'faint'));
}

/** The first of the lines to show, so that the one that matters is among them. */
export function scrolledTo(index: number, top: number, height: number, count: number): number {
  const lowest = Math.max(0, count - height);
  const from = Math.min(top, lowest);
  if (index < from) return Math.max(0, index);
  return index >= from + height ? Math.min(lowest, index - height + 1) : from;
}
