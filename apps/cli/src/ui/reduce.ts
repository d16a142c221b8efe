import { bodyHeight, listHeight } from './layout.js';
import {
  askForEvent,
  askForPrefix,
  askForStatus,
  askForType,
  askToEnd,
  keyInDialog,
  say,
} from './reduce-dialog.js';
import { keyOnRun, openRun, takeEvents } from './reduce-run.js';
import { moveRuns, nextSort, stand, takeRuns, toFirst, toggleFollow, toLast } from './reduce-runs.js';
import { lastTop } from './views/screen.js';
import { currentRun, type Key, type Page, PAGES, type UiMessage, type UiState } from './state.js';

/** What the screen is after something happened: a pure function, like everything that it calls. */
export function reduce(state: UiState, message: UiMessage): UiState {
  switch (message.kind) {
    case 'key':
      return withinContent(onKey({ ...state, notice: undefined }, message.key));
    case 'resized':
      return { ...state, size: message.size, runs: stand(state.runs, message.size) };
    case 'tick':
      return tick(state, message.now);
    case 'runs':
      return { ...answered(state), runs: takeRuns(state.runs, message.asked, message.page, state.size) };
    case 'run':
      if (state.run?.run.id !== message.run.id) return state;
      return { ...answered(state), run: { ...state.run, run: message.run } };
    case 'events':
      if (state.run?.run.id !== message.runId) return state;
      return { ...answered(state), run: takeEvents(state.run, message.events, state.size) };
    case 'types':
      return { ...answered(state), types: message.types };
    case 'workers':
      return { ...answered(state), workers: message.workers };
    case 'cluster':
      return { ...answered(state), cluster: message.cluster };
    case 'unanswered':
      return state.connection.up
        ? { ...state, connection: { up: false, since: state.now, why: message.why } }
        : state;
    case 'refused':
      return say(state, message.text, false);
    case 'done':
      return say(answered(state), message.text, true);
  }
}

/** Nothing is scrolled past its end. */
function withinContent(state: UiState): UiState {
  const { run, top } = state;
  if (run && !state.help && run.tab !== 'history' && run.top > 0)
    return { ...state, run: { ...run, top: Math.min(run.top, lastTop(state)) } };
  return top > 0 ? { ...state, top: Math.min(top, lastTop(state)) } : state;
}

function answered(state: UiState): UiState {
  if (state.connection.up) return state;
  return say({ ...state, connection: { up: true } }, 'Connected again.', true);
}

function tick(state: UiState, now: number): UiState {
  const notice = state.notice && state.notice.until > now ? state.notice : undefined;
  return { ...state, now, notice };
}

function onKey(state: UiState, key: Key): UiState {
  if (key === 'interrupt') return { ...state, quit: true };
  if (state.dialog) return keyInDialog(state, state.dialog, key);
  if (state.help) return keyInHelp(state, key);
  return (typeof key === 'object' ? onText(state, key.text) : onNamedKey(state, key)) ?? state;
}

function keyInHelp(state: UiState, key: Key): UiState {
  const scrolled = scroll(state, key);
  return scrolled ?? { ...state, help: false, top: 0 };
}

function onNamedKey(state: UiState, key: Exclude<Key, object>): UiState | undefined {
  if (state.run) {
    if (key === 'escape' || key === 'backspace') return { ...state, run: undefined };
    const run = keyOnRun(state.run, key, state.size);
    return run && { ...state, run };
  }
  if (key === 'tab' || key === 'right') return turnPage(state, 1);
  if (key === 'left') return turnPage(state, -1);
  if (state.page !== 'runs') return scroll(state, key);
  return onRunsKey(state, key);
}

function onRunsKey(state: UiState, key: Exclude<Key, object>): UiState | undefined {
  const { runs, size } = state;
  switch (key) {
    case 'up':
      return { ...state, runs: moveRuns(runs, -1, size) };
    case 'down':
      return { ...state, runs: moveRuns(runs, 1, size) };
    case 'pageUp':
      return { ...state, runs: moveRuns(runs, -listHeight(size), size) };
    case 'pageDown':
      return { ...state, runs: moveRuns(runs, listHeight(size), size) };
    case 'home':
      return { ...state, runs: toFirst(runs, size) };
    case 'end':
      return { ...state, runs: toLast(runs, size) };
    case 'enter': {
      const run = currentRun(state);
      return run && { ...state, run: openRun(run) };
    }
    case 'left':
    case 'right':
    case 'tab':
    case 'escape':
    case 'backspace':
    case 'interrupt':
      return undefined;
  }
}

function onText(state: UiState, text: string): UiState | undefined {
  switch (text) {
    case 'q':
      return { ...state, quit: true };
    case '?':
      return { ...state, help: true, top: 0 };
    case '1':
    case '2':
    case '3':
      return openPage(state, PAGES[Number(text) - 1] ?? 'runs');
    case 'k':
      return onNamedKey(state, 'up');
    case 'j':
      return onNamedKey(state, 'down');
    case 'g':
      return onNamedKey(state, 'home');
    case 'G':
      return onNamedKey(state, 'end');
    case ' ':
      return onNamedKey(state, 'pageDown');
    case 'c':
      return askToEnd(state, 'cancel');
    case 'x':
      return askToEnd(state, 'terminate');
    case 'e':
      return askForEvent(state);
    default:
      return state.run || state.page !== 'runs' ? undefined : onRunsText(state, text);
  }
}

function onRunsText(state: UiState, text: string): UiState | undefined {
  const { runs, size } = state;
  switch (text) {
    case '/':
      return askForPrefix(state);
    case 't':
      return askForType(state);
    case 's':
      return askForStatus(state);
    case 'o':
      return { ...state, runs: nextSort(runs) };
    case 'f':
      return { ...state, runs: toggleFollow(runs, size) };
    default:
      return undefined;
  }
}

function turnPage(state: UiState, by: number): UiState {
  const index = (PAGES.indexOf(state.page) + by + PAGES.length) % PAGES.length;
  return openPage(state, PAGES[index] ?? 'runs');
}

function openPage(state: UiState, page: Page): UiState {
  return { ...state, page, run: undefined, top: 0 };
}

/** Scrolls what is longer than the screen; the drawing stops at its end. */
function scroll(state: UiState, key: Key): UiState | undefined {
  const page = bodyHeight(state.size) - 1;
  const steps: Partial<Record<string, number>> = {
    up: -1,
    down: 1,
    pageUp: -page,
    pageDown: page,
    home: -1e6,
    end: 1e6,
  };
  const by = typeof key === 'string' ? steps[key] : undefined;
  return by === undefined ? undefined : { ...state, top: Math.max(0, Math.min(1e6, state.top + by)) };
}
