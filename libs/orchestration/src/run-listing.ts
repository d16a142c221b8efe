import { describe } from '@ground-control/engine';
import type { Checkpoints } from '@ground-control/journal';
import type { ListRuns, RunCount, WireRunInfo } from '@ground-control/protocol';
import type { IndexedRun, ListPosition } from './run-index.js';
import { type RunRecord, statusOf } from './run-record.js';
import type { RunReader } from './run-reader.js';
import type { RunTable } from './run-table.js';

/** What a listing reads from. */
export interface ListingSources {
  readonly runs: RunTable;
  readonly reader: RunReader;
  readonly checkpoints: Checkpoints;
  readonly now: number;
}

/** A run on the page: what is shown of it, or how it is read. */
type Found = { startedAt: number; runId: string } & (
  { info: WireRunInfo } | { idle: RunRecord } | { row: IndexedRun }
);

/**
 * Lists a partition's runs, newest first. What is in memory is described when this is called, so that the caller can wait
 * until it is durable; what is not is read after that.
 */
export function listRuns(
  sources: ListingSources,
  request: ListRuns,
  limit: number,
): () => Promise<WireRunInfo[]> {
  const after = positionOf(sources, request);
  const inMemory = fromMemory(sources, request, after, limit);
  return async () => {
    const page: WireRunInfo[] = [];
    const found = merge(inMemory, archived(sources, request, after));
    for (let done = false; !done && page.length < limit;) {
      const batch = take(found, limit - page.length);
      done = batch.length < limit - page.length;
      // oxlint-disable-next-line no-await-in-loop -- again only for runs whose attributes turn out to be others
      const infos = await Promise.all(batch.map((run) => read(sources, run)));
      for (const info of infos) if (info && hasAttributes(info.attributes, request)) page.push(info);
    }
    return page;
  };
}

/** How many runs there are, by type and status. */
export function countRuns(runs: RunTable): RunCount[] {
  const counts = new Map<string, RunCount>();
  const count = (workflowType: string, status: RunCount['status'], by: number): void => {
    const key = `${status} ${workflowType}`;
    const known = counts.get(key);
    if (known) known.count += by;
    else counts.set(key, { workflowType, status, count: by });
  };
  for (const record of runs.values()) count(record.workflowType, statusOf(record), 1);
  for (const { workflowType, status, count: by } of runs.index.counts()) count(workflowType, status, by);
  return [...counts.values()];
}

function positionOf(
  { runs }: ListingSources,
  { before, beforeStartedAt }: ListRuns,
): ListPosition | undefined {
  if (before === undefined) return undefined;
  const startedAt = beforeStartedAt ?? runs.anywhere(before)?.startedAt;
  // Of a run that is no longer known, only its id is left: what sorts before it in time cannot be told.
  return startedAt === undefined ? undefined : { startedAt, runId: before };
}

function fromMemory(
  { runs, now }: ListingSources,
  request: ListRuns,
  after: ListPosition | undefined,
  limit: number,
): Found[] {
  const found: RunRecord[] = [];
  for (const record of [...runs.values()].toReversed()) {
    const last = found[limit - 1];
    // Those that started within one millisecond are in the order of their ids.
    if (last && record.startedAt < last.startedAt) break;
    if (matches(record, request) && (!after || isAfter(record, after))) found.push(record);
  }
  return found
    .toSorted(newerFirst)
    .slice(0, limit)
    .map((record) => describeRecord(record, now));
}

function describeRecord(record: RunRecord, now: number): Found {
  const { startedAt, runId, state, ended } = record;
  if (state) return { startedAt, runId, info: describe(state, now) };
  if (ended?.info) return { startedAt, runId, info: ended.info };
  return { startedAt, runId, idle: record };
}

function matches(record: RunRecord, request: ListRuns): boolean {
  const { type, idPrefix, startedAfter, startedBefore, status } = request;
  if (type !== undefined && record.workflowType !== type) return false;
  if (idPrefix !== undefined && !record.workflowId.startsWith(idPrefix)) return false;
  if (startedAfter !== undefined && record.startedAt <= startedAfter) return false;
  if (startedBefore !== undefined && record.startedAt >= startedBefore) return false;
  if (status && !status.includes(statusOf(record))) return false;
  const { state, idle, ended } = record;
  return hasAttributes((state ?? idle ?? ended?.info)?.attributes, request);
}

function hasAttributes(attributes: WireRunInfo['attributes'], request: ListRuns): boolean {
  return Object.entries(request.attributes ?? {}).every(([name, value]) => attributes?.[name] === value);
}

function* archived(
  { runs }: ListingSources,
  request: ListRuns,
  after: ListPosition | undefined,
): Generator<Found> {
  for (const row of runs.index.newestFirst(request, after)) {
    if (!runs.get(row.runId)) yield { startedAt: row.startedAt, runId: row.runId, row };
  }
}

function* merge(first: readonly Found[], second: Generator<Found>): Generator<Found> {
  let index = 0;
  for (let other = second.next(); ;) {
    const [one, two] = [first[index], other.done ? undefined : other.value];
    if (!one && !two) return;
    if (one && (!two || newerFirst(one, two) <= 0)) {
      index += 1;
      yield one;
    } else if (two) {
      yield two;
      other = second.next();
    }
  }
}

function take(found: Generator<Found>, count: number): Found[] {
  const taken: Found[] = [];
  while (taken.length < count) {
    const { done, value } = found.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

/** @returns undefined for a run that has expired meanwhile */
async function read(
  { reader, checkpoints, now }: ListingSources,
  run: Found,
): Promise<WireRunInfo | undefined> {
  if ('info' in run) return run.info;
  if ('row' in run) {
    const { runId, row } = run;
    return reader.info({ runId, archived: row }).catch(() => undefined);
  }
  const { state, checkpoint } = run.idle;
  if (state) return describe(state, now);
  return checkpoint && describe((await checkpoints.read(checkpoint.record)).state, now);
}

function isAfter(run: ListPosition, position: ListPosition): boolean {
  return newerFirst(run, position) > 0;
}

function newerFirst(one: ListPosition, other: ListPosition): number {
  if (one.startedAt !== other.startedAt) return other.startedAt - one.startedAt;
  if (one.runId === other.runId) return 0;
  return one.runId > other.runId ? -1 : 1;
}
