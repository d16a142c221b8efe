import type { WireHistoryEvent } from '@ground-control/protocol';
import { describe, expect, it } from 'vitest';
import { fittingEvents } from './history-page.js';
import { MAX_HISTORY_PAGE_BYTES } from './limits.js';

const eventsOf = (count: number, bytes: number): WireHistoryEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    seq: index + 1,
    at: 1,
    kind: 'event.received',
    event: 'e',
    payload: new Uint8Array(bytes),
  }));

describe('a page of a history', () => {
  it('has no more bytes than a reply may carry', () => {
    expect(fittingEvents(eventsOf(12, MAX_HISTORY_PAGE_BYTES / 4))).toHaveLength(3);
  });

  it('has an event that is larger than that by itself', () => {
    expect(fittingEvents(eventsOf(2, 2 * MAX_HISTORY_PAGE_BYTES))).toHaveLength(1);
    expect(fittingEvents([])).toEqual([]);
  });
});
