import type { HistoryEvent, RunRef, ValueCodec, WireHistoryEvent } from '@ground-control/protocol';
import { map, Observable, type Subscriber } from 'rxjs';

import type { CoordinatorLink } from './coordinator-link.js';
import { decodeEvent } from './history-event.js';

/** The most history events asked for at once. */
export const HISTORY_PAGE_LIMIT = 1_000;

interface Page {
  runId: string;
  events: WireHistoryEvent[];
  more: boolean;
  ended: boolean;
}

/**
 * Reads a run's history in pages. All pages are of one run: of the one that was the latest when the first was read,
 * where no run id is given.
 */
export class HistoryReader {
  constructor(
    private readonly run: RunRef,
    private readonly link: CoordinatorLink,
    private readonly values: ValueCodec,
  ) {}

  /** The events so far. */
  async readAll(): Promise<HistoryEvent[]> {
    const events = await this.readEncoded();
    return events.map((event) => decodeEvent(event, this.values));
  }

  /** The events so far, as they are kept. */
  async readEncoded(): Promise<WireHistoryEvent[]> {
    const events: WireHistoryEvent[] = [];
    let page = await this.#read(this.run, 0, {});
    events.push(...page.events);
    while (page.more && !page.ended) {
      page = await this.#read({ ...this.run, runId: page.runId }, lastSeq(events), {});
      events.push(...page.events);
    }
    return events;
  }

  /** The events so far and then those that come, until the run has ended. */
  watch(): Observable<HistoryEvent> {
    return this.watchEncoded().pipe(map((event) => decodeEvent(event, this.values)));
  }

  /** As {@link watch}, each event as it is kept. */
  watchEncoded(): Observable<WireHistoryEvent> {
    return new Observable((subscriber) => {
      const controller = new AbortController();
      this.#follow(subscriber, controller.signal).catch((error: unknown) => subscriber.error(error));
      return () => controller.abort();
    });
  }

  async #follow(subscriber: Subscriber<WireHistoryEvent>, signal: AbortSignal): Promise<void> {
    let run = this.run;
    let after = 0;
    while (!subscriber.closed) {
      const page = await this.#read(run, after, { signal });
      run = { ...run, runId: page.runId };
      after = page.events.at(-1)?.seq ?? after;
      for (const event of page.events) subscriber.next(event);
      if (page.ended) subscriber.complete();
    }
  }

  // With a signal it waits for the next event, however long that takes and whoever leads by then.
  async #read(run: RunRef, after: number, { signal }: { signal?: AbortSignal }): Promise<Page> {
    const wait = signal !== undefined;
    const request = { kind: 'workflow.history' as const, ...run, after, limit: HISTORY_PAGE_LIMIT, wait };
    return this.link.ask(request, signal && { signal, timeoutMs: Infinity });
  }
}

function lastSeq(events: readonly WireHistoryEvent[]): number {
  return events.at(-1)?.seq ?? 0;
}
