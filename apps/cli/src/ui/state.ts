import type { ClusterInfo, RunPage, WorkerInfo, WorkflowTypeInfo } from '@ground-control/client';
import type { HistoryEvent, RunInfo, RunStatus } from '@ground-control/protocol';

import { ACTIVE_STATUSES, STATUSES } from '../statuses.js';

export interface Size {
  columns: number;
  rows: number;
}

export type Page = 'runs' | 'workers' | 'cluster';
export const PAGES: readonly Page[] = ['runs', 'workers', 'cluster'];

/** Whether the coordinators answer. */
export type Connection = { up: true } | { up: false; since: number; why: string };

export type Sort = 'newest' | 'oldest' | 'id' | 'type' | 'status';
export const SORTS: readonly Sort[] = ['newest', 'oldest', 'id', 'type', 'status'];

/** Any, or those that have not ended, or one. */
export type StatusFilter = 'any' | 'active' | RunStatus;
export const STATUS_FILTERS: readonly StatusFilter[] = ['any', 'active', ...STATUSES];

export interface RunFilter {
  type: string | undefined;
  status: StatusFilter;
  idPrefix: string;
}

/** The list of runs: a window of it, which is asked for again and again. */
export interface RunsState {
  filter: RunFilter;
  sort: Sort;
  /** Stays with the newest run. */
  follow: boolean;
  rows: RunInfo[];
  /** Where the windows before this one and this one begin; undefined is the beginning of the list. */
  cursors: (string | undefined)[];
  /** Where the next window begins, if there is one. */
  next: string | undefined;
  /** The run that the keys act on. */
  selectedId: string | undefined;
  top: number;
  /** Nothing has arrived since what is asked for was changed. */
  loading: boolean;
  /** Where to stand when the window arrives that was gone to. */
  land: 'first' | 'last';
}

export type RunTab = 'summary' | 'timeline' | 'history';
export const RUN_TABS: readonly RunTab[] = ['summary', 'timeline', 'history'];

/** The page of one run. */
export interface RunState {
  run: RunInfo;
  events: HistoryEvent[];
  tab: RunTab;
  /** The first line that is shown of the summary or the timeline. */
  top: number;
  /** The event that is shown in full; the last one as long as nobody chose another. */
  selected: number | undefined;
  /** The first event that is listed. */
  eventTop: number;
}

export type Dialog =
  | { kind: 'end'; verb: 'cancel' | 'terminate'; run: RunInfo }
  | {
      kind: 'send';
      run: RunInfo;
      field: 'event' | 'payload';
      event: string;
      payload: string;
      known: string[];
      fault?: string;
    }
  | { kind: 'prefix'; text: string }
  | { kind: 'choose'; what: 'type' | 'status'; options: string[]; selected: number };

/** What was asked of a run, to be carried out once. */
export type UiRequest = { id: number; run: RunInfo } & (
  { kind: 'cancel' } | { kind: 'terminate' } | { kind: 'send'; event: string; payload: unknown }
);

export interface Notice {
  text: string;
  good: boolean;
  until: number;
}

export interface UiState {
  size: Size;
  now: number;
  place: string;
  connection: Connection;
  page: Page;
  runs: RunsState;
  run: RunState | undefined;
  types: WorkflowTypeInfo[];
  workers: WorkerInfo[] | undefined;
  cluster: ClusterInfo | undefined;
  /** The first line that is shown of the workers, the cluster or the help. */
  top: number;
  dialog: Dialog | undefined;
  help: boolean;
  request: UiRequest | undefined;
  notice: Notice | undefined;
  quit: boolean;
}

/** A key that was pressed: a name, or the text that was typed or pasted. */
export type Key =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'pageUp'
  | 'pageDown'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'tab'
  | 'backspace'
  | 'interrupt'
  | { text: string };

/** What happens to the screen. */
export type UiMessage =
  | { kind: 'key'; key: Key }
  | { kind: 'resized'; size: Size }
  | { kind: 'tick'; now: number }
  | { kind: 'runs'; asked: string; page: RunPage }
  | { kind: 'run'; run: RunInfo }
  | { kind: 'events'; runId: string; events: HistoryEvent[] }
  | { kind: 'types'; types: WorkflowTypeInfo[] }
  | { kind: 'workers'; workers: WorkerInfo[] }
  | { kind: 'cluster'; cluster: ClusterInfo }
  | { kind: 'unanswered'; why: string }
  | { kind: 'refused'; text: string }
  | { kind: 'done'; id: number; text: string };

export function initialState(size: Size, now: number, place: string): UiState {
  return {
    size,
    now,
    place,
    connection: { up: true },
    page: 'runs',
    runs: {
      filter: { type: undefined, status: 'any', idPrefix: '' },
      sort: 'newest',
      follow: true,
      rows: [],
      cursors: [undefined],
      next: undefined,
      selectedId: undefined,
      top: 0,
      loading: true,
      land: 'first',
    },
    run: undefined,
    types: [],
    workers: undefined,
    cluster: undefined,
    top: 0,
    dialog: undefined,
    help: false,
    request: undefined,
    notice: undefined,
    quit: false,
  };
}

/** The states that a filter lets through; undefined for all. */
export function statusesOf(filter: StatusFilter): RunStatus[] | undefined {
  if (filter === 'any') return undefined;
  return filter === 'active' ? [...ACTIVE_STATUSES] : [filter];
}

/** The run that the keys act on, on whichever page. */
export function currentRun(state: UiState): RunInfo | undefined {
  if (state.run) return state.run.run;
  if (state.page !== 'runs') return undefined;
  return state.runs.rows.find(({ id }) => id === state.runs.selectedId) ?? state.runs.rows[0];
}
