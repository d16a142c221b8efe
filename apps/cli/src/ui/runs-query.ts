import type { ListOptions } from '@ground-control/client';
import type { RunInfo } from '@ground-control/protocol';

import { type RunsState, type Sort, statusesOf } from './state.js';

/** How many runs are held at a time: a window of the list, whatever its length. */
export const WINDOW = 200;
/** How many of the newest runs are sorted in another way: who wants more narrows them down. */
export const SORTED = 1_000;

/** What is asked for, to show the window. */
export function queryOf({ filter, sort, cursors }: RunsState): ListOptions {
  return {
    type: filter.type,
    status: statusesOf(filter.status),
    idPrefix: filter.idPrefix === '' ? undefined : filter.idPrefix,
    limit: sort === 'newest' ? WINDOW : SORTED,
    cursor: cursors.at(-1),
  };
}

/** Tells one thing that is asked for from another: an answer to an earlier one is not shown. */
export function queryKey(runs: RunsState): string {
  return JSON.stringify([queryOf(runs), runs.sort]);
}

const ORDERS: Record<Sort, (a: RunInfo, b: RunInfo) => number> = {
  newest: () => 0,
  oldest: (a, b) => a.startedAt.getTime() - b.startedAt.getTime(),
  id: (a, b) => a.workflowId.localeCompare(b.workflowId),
  type: (a, b) => a.workflowType.localeCompare(b.workflowType),
  status: (a, b) => a.status.localeCompare(b.status),
};

/** The runs in the order that was chosen; those that are equal in it stay newest first. */
export function sorted(runs: RunInfo[], sort: Sort): RunInfo[] {
  return sort === 'newest' ? runs : runs.toSorted(ORDERS[sort]);
}
