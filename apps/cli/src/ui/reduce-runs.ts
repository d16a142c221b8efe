import type { RunPage } from '@ground-control/client';

import { listHeight } from './layout.js';
import { scrolledTo } from './lines.js';
import { queryKey, sorted } from './runs-query.js';
import { type RunFilter, type RunsState, SORTS, type Size } from './state.js';

/** What arrived for the window that is shown; for another one it comes too late. */
export function takeRuns(runs: RunsState, asked: string, page: RunPage, size: Size): RunsState {
  if (asked !== queryKey(runs)) return runs;
  const rows = sorted(page.runs, runs.sort);
  const edge = runs.land === 'last' ? rows.at(-1) : rows[0];
  const known = rows.find(({ id }) => id === runs.selectedId);
  const selected = runs.follow || runs.loading || !known ? edge : known;
  const next = { ...runs, rows, next: runs.sort === 'newest' ? page.cursor : undefined, loading: false };
  return stand({ ...next, selectedId: selected?.id, land: 'first' }, size);
}

/** Moves the selection; over the edge of the window lies the next one, if there is one. */
export function moveRuns(runs: RunsState, by: number, size: Size): RunsState {
  const { rows, cursors, next } = runs;
  const from = indexOf(runs);
  const to = from + by;
  if (to >= rows.length && next !== undefined && from === rows.length - 1)
    return goTo(runs, [...cursors, next], 'first');
  if (to < 0 && cursors.length > 1 && from === 0) return goTo(runs, cursors.slice(0, -1), 'last');
  const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
  return stand({ ...runs, follow: false, selectedId: row?.id }, size);
}

/** Back to the beginning of the list. */
export function toFirst(runs: RunsState, size: Size): RunsState {
  if (runs.cursors.length > 1) return goTo(runs, [undefined], 'first');
  return stand({ ...runs, selectedId: runs.rows[0]?.id }, size);
}

/** To the end of what is held. */
export function toLast(runs: RunsState, size: Size): RunsState {
  return stand({ ...runs, follow: false, selectedId: runs.rows.at(-1)?.id }, size);
}

export function toggleFollow(runs: RunsState, size: Size): RunsState {
  return runs.follow ? { ...runs, follow: false } : { ...toFirst(runs, size), follow: true };
}

export function filterRuns(runs: RunsState, filter: Partial<RunFilter>): RunsState {
  return goTo({ ...runs, filter: { ...runs.filter, ...filter } }, [undefined], 'first');
}

export function nextSort(runs: RunsState): RunsState {
  const sort = SORTS[(SORTS.indexOf(runs.sort) + 1) % SORTS.length] ?? 'newest';
  return goTo({ ...runs, sort }, [undefined], 'first');
}

/** Where the selection stands among the rows. */
export function indexOf({ rows, selectedId }: RunsState): number {
  return Math.max(
    0,
    rows.findIndex(({ id }) => id === selectedId),
  );
}

/** Scrolls so that the selection is seen. */
export function stand(runs: RunsState, size: Size): RunsState {
  return { ...runs, top: scrolledTo(indexOf(runs), runs.top, listHeight(size), runs.rows.length) };
}

function goTo(runs: RunsState, cursors: RunsState['cursors'], land: RunsState['land']): RunsState {
  return {
    ...runs,
    cursors,
    land,
    next: undefined,
    loading: true,
    follow: runs.follow && cursors.length === 1,
  };
}
