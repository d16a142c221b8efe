import type { Size } from './state.js';

/** The smallest screen that is drawn for; a smaller one is cut. */
export const SMALLEST: Size = { columns: 40, rows: 12 };

/** Title, tabs and a rule above; a rule or a notice and the keys below; the last row of the terminal stays free. */
const AROUND = 3 + 2;

/** How many lines there are. The terminal's last row stays free: a screen that fills it makes a terminal scroll. */
export function screenHeight({ rows }: Size): number {
  return Math.max(SMALLEST.rows, rows) - 1;
}

/** How many lines there are for what a page shows. */
export function bodyHeight(size: Size): number {
  return screenHeight(size) - AROUND;
}

/** How many runs are listed at once: under the filter and the headings. */
export function listHeight(size: Size): number {
  return bodyHeight(size) - 2;
}

/** How many events are listed at once; the rest is for the one that is chosen. */
export function eventListHeight(size: Size): number {
  return Math.max(3, Math.ceil((bodyHeight(size) - 3) / 2));
}
