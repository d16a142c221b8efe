import type { HistoryEvent, RunInfo } from '@ground-control/protocol';

import { bodyHeight, eventListHeight } from './layout.js';
import { scrolledTo } from './lines.js';
import { type Key, RUN_TABS, type RunState, type Size } from './state.js';

export function openRun(run: RunInfo): RunState {
  return { run, events: [], tab: 'summary', top: 0, selected: undefined, eventTop: 0 };
}

export function takeEvents(state: RunState, events: HistoryEvent[], size: Size): RunState {
  const last = state.events.at(-1)?.seq ?? 0;
  return standAtEvent(
    { ...state, events: [...state.events, ...events.filter(({ seq }) => seq > last)] },
    size,
  );
}

/** What a key does on the page of a run; undefined when it does nothing there. */
export function keyOnRun(state: RunState, key: Exclude<Key, object>, size: Size): RunState | undefined {
  switch (key) {
    case 'left':
      return turn(state, -1);
    case 'right':
    case 'tab':
      return turn(state, 1);
    case 'up':
      return move(state, -1, size);
    case 'down':
      return move(state, 1, size);
    case 'pageUp':
      return move(state, -pageOf(state, size), size);
    case 'pageDown':
      return move(state, pageOf(state, size), size);
    case 'home':
      return move(state, -Infinity, size);
    case 'end':
      return move(state, Infinity, size);
    case 'enter':
    case 'escape':
    case 'backspace':
    case 'interrupt':
      return undefined;
  }
}

/** The event that is shown in full. */
export function selectedEvent({ events, selected }: RunState): number {
  return selected ?? Math.max(0, events.length - 1);
}

function turn(state: RunState, by: number): RunState {
  const index = (RUN_TABS.indexOf(state.tab) + by + RUN_TABS.length) % RUN_TABS.length;
  return { ...state, tab: RUN_TABS[index] ?? 'summary', top: 0 };
}

/** The summary and the timeline are scrolled; the drawing knows how long they are and stops at their end. */
function move(state: RunState, by: number, size: Size): RunState {
  if (state.tab !== 'history') return { ...state, top: Math.min(MOST_LINES, Math.max(0, state.top + by)) };
  const last = state.events.length - 1;
  const to = Math.max(0, Math.min(last, selectedEvent(state) + by));
  // At the end it stays with what comes.
  return standAtEvent({ ...state, selected: to === last ? undefined : to }, size);
}

const MOST_LINES = 1_000_000;

function standAtEvent(state: RunState, size: Size): RunState {
  const { events, eventTop } = state;
  const top = scrolledTo(selectedEvent(state), eventTop, eventListHeight(size), events.length);
  return { ...state, eventTop: top };
}

function pageOf({ tab }: RunState, size: Size): number {
  return tab === 'history' ? eventListHeight(size) : bodyHeight(size) - 2;
}
