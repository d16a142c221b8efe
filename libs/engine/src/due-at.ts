import { isEnded, type RunState } from './state.js';

/**
 * When time alone changes something about a run: a timeout, or a step that may start after a delay.
 * All timers of a run are in its state, so that recovery arms them by asking this of every run.
 *
 * @returns milliseconds since the epoch; undefined when the run waits for no time
 */
export function dueAt(state: RunState): number | undefined {
  if (isEnded(state.status)) return undefined;
  return earliest(state.timeoutAt, state.wait?.timeoutAt, state.step?.deadline, state.step?.notBefore);
}

function earliest(...times: (number | undefined)[]): number | undefined {
  let first: number | undefined;
  for (const time of times) {
    if (time !== undefined && (first === undefined || time < first)) first = time;
  }
  return first;
}
