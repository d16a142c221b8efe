import { bytesAtMost } from '@ground-control/journal';
import type { WireHistoryEvent } from '@ground-control/protocol';
import { MAX_HISTORY_PAGE_BYTES } from './limits.js';

/** The first events that fit into one reply: at least one, when there is any. */
export function fittingEvents(events: WireHistoryEvent[]): WireHistoryEvent[] {
  let bytes = 0;
  const end = events.findIndex((event, index) => {
    bytes += bytesAtMost(event);
    return index > 0 && bytes > MAX_HISTORY_PAGE_BYTES;
  });
  return end < 0 ? events : events.slice(0, end);
}
