import { filterRuns } from './reduce-runs.js';
import {
  currentRun,
  type Dialog,
  type Key,
  STATUS_FILTERS,
  type StatusFilter,
  type UiRequest,
  type UiState,
} from './state.js';

const ANY_TYPE = 'any';

type Of<Kind extends Dialog['kind']> = Extract<Dialog, { kind: Kind }>;
type RequestOf<R> = R extends unknown ? Omit<R, 'id' | 'run'> : never;

/** Opens the question before a run is ended. */
export function askToEnd(state: UiState, verb: 'cancel' | 'terminate'): UiState {
  const run = currentRun(state);
  if (!run) return state;
  if (run.closedAt) return say(state, `${run.workflowId} has ended already: ${run.status}.`, false);
  return { ...state, dialog: { kind: 'end', verb, run } };
}

export function askForEvent(state: UiState): UiState {
  const run = currentRun(state);
  if (!run) return state;
  if (run.closedAt) return say(state, `${run.workflowId} has ended already: ${run.status}.`, false);
  const known = state.types.find(({ type }) => type === run.workflowType)?.events ?? [];
  const event = run.waitingFor?.events?.[0] ?? known[0] ?? '';
  return { ...state, dialog: { kind: 'send', run, field: 'event', event, payload: '', known } };
}

export function askForPrefix(state: UiState): UiState {
  return { ...state, dialog: { kind: 'prefix', text: state.runs.filter.idPrefix } };
}

export function askForType(state: UiState): UiState {
  const options = [ANY_TYPE, ...state.types.map(({ type }) => type)];
  const selected = Math.max(0, options.indexOf(state.runs.filter.type ?? ANY_TYPE));
  return { ...state, dialog: { kind: 'choose', what: 'type', options, selected } };
}

export function askForStatus(state: UiState): UiState {
  const selected = STATUS_FILTERS.indexOf(state.runs.filter.status);
  return { ...state, dialog: { kind: 'choose', what: 'status', options: [...STATUS_FILTERS], selected } };
}

/** Tells something for a while. */
export function say(state: UiState, text: string, good: boolean): UiState {
  return { ...state, notice: { text, good, until: state.now + NOTICE_MS } };
}

const NOTICE_MS = 6_000;

/** A key while a dialog is open goes to it alone. */
export function keyInDialog(state: UiState, dialog: Dialog, key: Key): UiState {
  if (key === 'escape') return closed(state);
  switch (dialog.kind) {
    case 'end':
      return keyInQuestion(state, dialog, key);
    case 'send':
      return keyInEvent(state, dialog, key);
    case 'prefix':
      return keyInPrefix(state, dialog, key);
    case 'choose':
      return keyInChoice(state, dialog, key);
  }
}

function keyInQuestion(state: UiState, { verb, run }: Of<'end'>, key: Key): UiState {
  if (typeof key !== 'object') return state;
  if (/^y$/i.test(key.text)) return request(state, run, { kind: verb });
  return /^n$/i.test(key.text) ? closed(state) : state;
}

function keyInEvent(state: UiState, dialog: Of<'send'>, key: Key): UiState {
  const { field, event, run, known } = dialog;
  const withDialog = (changes: Partial<Of<'send'>>): UiState => {
    const { fault: _fault, ...rest } = dialog;
    return { ...state, dialog: { ...rest, ...changes } };
  };
  if (key === 'tab' || key === 'up' || key === 'down') {
    if (field === 'event' && known.length > 0 && key !== 'tab')
      return withDialog({ event: neighbour(known, event, key === 'down' ? 1 : -1) });
    return withDialog({ field: field === 'event' ? 'payload' : 'event' });
  }
  if (key !== 'enter') return withDialog({ [field]: edited(dialog[field], key) });
  if (field === 'event')
    return event === '' ? withDialog({ fault: 'An event has a name.' }) : withDialog({ field: 'payload' });
  const payload = parsed(dialog.payload);
  if ('fault' in payload) return withDialog({ fault: payload.fault });
  return request(state, run, { kind: 'send', event, payload: payload.value });
}

function keyInPrefix(state: UiState, { text }: Of<'prefix'>, key: Key): UiState {
  if (key === 'enter') return { ...closed(state), runs: filterRuns(state.runs, { idPrefix: text }) };
  return { ...state, dialog: { kind: 'prefix', text: edited(text, key) } };
}

function keyInChoice(state: UiState, dialog: Of<'choose'>, key: Key): UiState {
  const { what, options, selected } = dialog;
  const at = (index: number): UiState => ({
    ...state,
    dialog: { ...dialog, selected: Math.max(0, Math.min(options.length - 1, index)) },
  });
  if (key === 'up') return at(selected - 1);
  if (key === 'down') return at(selected + 1);
  if (key === 'home') return at(0);
  if (key === 'end') return at(options.length - 1);
  if (key !== 'enter') return state;
  const chosen = options[selected] ?? ANY_TYPE;
  const filter =
    what === 'type' ? { type: selected === 0 ? undefined : chosen } : { status: chosen as StatusFilter };
  return { ...closed(state), runs: filterRuns(state.runs, filter) };
}

function request(state: UiState, run: UiRequest['run'], what: RequestOf<UiRequest>): UiState {
  const id = (state.request?.id ?? 0) + 1;
  return { ...closed(state), request: { id, run, ...what } };
}

function closed(state: UiState): UiState {
  return { ...state, dialog: undefined };
}

function edited(text: string, key: Key): string {
  if (key === 'backspace') return text.slice(0, -1);
  return typeof key === 'object' ? text + key.text : text;
}

function parsed(text: string): { value: unknown } | { fault: string } {
  if (text.trim() === '') return { value: undefined };
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { fault: `No JSON: ${(error as Error).message}` };
  }
}

function neighbour(names: readonly string[], name: string, by: number): string {
  const index = names.indexOf(name);
  return names[(index + by + names.length) % names.length] ?? name;
}
