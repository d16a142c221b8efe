import { isEnded, type RunState } from './state.js';

/**
 * When time alone changes something about a run: a timeout, or a step that may start after a delay.
 * All timers of a run are in its state, so that recovery arms them by asking this of every run.
 *
 * @param now a delay that is over by then waits for a worker, no longer for time
 * @returns milliseconds since the epoch; undefined when the run waits for no time
 */
export function dueAt(state: RunState, now: number): number | undefined {
  if (isEnded(state.status)) return undefined;
  const notBefore = state.step?.notBefore;
  const delayedUntil = notBefore !== undefined && notBefore > now ? notBefore : undefined;
  return earliest(state.timeoutAt, state.wait?.timeoutAt, state.step?.deadline, delayedUntil);
}

function earliest(...times: (number | undefined)[]): number | undefined {
  let first: number | undefined;
  for (const time of times) {
    if (time !== undefined && (first === undefined || time < first)) first = time;
  }
  return first;
}
