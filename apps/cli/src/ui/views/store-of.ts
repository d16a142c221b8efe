import type { HistoryEvent } from '@ground-control/protocol';

/** The store of a run, as the steps that its history tells of have left it. */
export function storeOf(events: readonly HistoryEvent[]): Map<string, unknown> {
  const store = new Map<string, unknown>();
  for (const event of events) {
    if (event.kind !== 'step.completed') continue;
    for (const change of event.store ?? []) {
      if ('value' in change) store.set(change.key, change.value);
      else store.delete(change.key);
    }
  }
  return store;
}
