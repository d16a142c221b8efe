import { setTimeout as delay } from 'node:timers/promises';

import { CoordinatorUnavailableError } from '@ground-control/protocol';

import type { UiMessage } from './state.js';

export type Dispatch = (message: UiMessage) => void;

/**
 * Asks again and again, each time a while after the last answer; returns what ends it. Nobody answering is no end: it is
 * told, and asked again.
 */
export function poll(everyMs: number, ask: () => Promise<UiMessage>, dispatch: Dispatch): () => void {
  const ended = new AbortController();
  void (async () => {
    while (!ended.signal.aborted) {
      // oxlint-disable-next-line no-await-in-loop -- one question after the other
      const message = await ask().catch(failureOf);
      if (ended.signal.aborted) return;
      dispatch(message);
      // oxlint-disable-next-line no-await-in-loop -- the pause between two
      await delay(everyMs, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  })();
  return () => ended.abort();
}

/** What is told of an error: whether anybody answers, or why not. */
export function failureOf(error: unknown): UiMessage {
  const text = error instanceof Error ? error.message : String(error);
  return error instanceof CoordinatorUnavailableError
    ? { kind: 'unanswered', why: text }
    : { kind: 'refused', text };
}
