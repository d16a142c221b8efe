import type { GroundControlClient } from '@ground-control/client';
import type { HistoryEvent } from '@ground-control/protocol';
import { useEffect } from 'react';

import { type Dispatch, failureOf, poll } from './poll.js';
import { queryKey, queryOf } from './runs-query.js';
import type { UiRequest, UiState } from './state.js';

const RUNS_MS = 1_000;
const RUN_MS = 1_000;
const WORKERS_MS = 1_000;
const CLUSTER_MS = 2_000;
const TYPES_MS = 10_000;
const TICK_MS = 1_000;
/** How long events are collected before the screen is drawn with them, in milliseconds. */
const EVENTS_MS = 50;

/** Keeps what the screen shows up to date: only what it shows is asked for. */
export function useFeeds(client: GroundControlClient, state: UiState, dispatch: Dispatch): void {
  const { runs, run, page, request } = state;
  const asked = queryKey(runs);
  const listing = run === undefined && page === 'runs';
  const opened = run?.run;

  useEffect(() => {
    const timer = setInterval(() => dispatch({ kind: 'tick', now: Date.now() }), TICK_MS);
    return () => clearInterval(timer);
  }, [dispatch]);

  useEffect(
    () => poll(TYPES_MS, async () => ({ kind: 'types', types: await client.workflowTypes() }), dispatch),
    [client, dispatch],
  );

  useEffect(
    () => poll(CLUSTER_MS, async () => ({ kind: 'cluster', cluster: await client.cluster() }), dispatch),
    [client, dispatch],
  );

  useEffect(() => {
    if (page !== 'workers') return undefined;
    return poll(WORKERS_MS, async () => ({ kind: 'workers', workers: await client.workers() }), dispatch);
  }, [client, dispatch, page]);

  useEffect(() => {
    if (!listing) return undefined;
    const query = queryOf(runs);
    return poll(RUNS_MS, async () => ({ kind: 'runs', asked, page: await client.list(query) }), dispatch);
    // `asked` stands for what is asked for: the rows change with every answer.
  }, [client, dispatch, listing, asked]);

  useEffect(() => {
    if (!opened) return undefined;
    const handle = client.handle(opened.workflowId, opened.id);
    const ask = poll(RUN_MS, async () => ({ kind: 'run', run: await handle.describe() }), dispatch);
    const watch = follow(client, opened.workflowId, opened.id, dispatch);
    return () => {
      ask();
      watch();
    };
  }, [client, dispatch, opened?.id]);

  useEffect(() => {
    if (request) void carryOut(client, request).then(dispatch);
  }, [client, dispatch, request?.id]);
}

/** Follows a run's history, over every restart; many events at once are one change of the screen. */
function follow(
  client: GroundControlClient,
  workflowId: string,
  runId: string,
  dispatch: Dispatch,
): () => void {
  let events: HistoryEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    dispatch({ kind: 'events', runId, events });
    events = [];
  };
  const subscription = client
    .handle(workflowId, runId)
    .watch()
    .subscribe({
      next: (event) => {
        events.push(event);
        timer ??= setTimeout(tell, EVENTS_MS);
      },
      error: (error: unknown) => dispatch(failureOf(error)),
    });
  return () => {
    clearTimeout(timer);
    subscription.unsubscribe();
  };
}

async function carryOut(client: GroundControlClient, request: UiRequest): Promise<Parameters<Dispatch>[0]> {
  const { id, run } = request;
  const handle = client.handle(run.workflowId, run.id);
  try {
    switch (request.kind) {
      case 'cancel':
        await handle.cancel('cancelled in gctl ui');
        return { kind: 'done', id, text: `Asked ${run.workflowId} to end.` };
      case 'terminate':
        await handle.terminate('terminated in gctl ui');
        return { kind: 'done', id, text: `Terminated ${run.workflowId}.` };
      case 'send':
        await handle.send(request.event, request.payload);
        return { kind: 'done', id, text: `Sent ${request.event} to ${run.workflowId}.` };
    }
  } catch (error) {
    return { kind: 'refused', text: error instanceof Error ? error.message : String(error) };
  }
}
