import {
  type Attributes,
  InvalidInputError,
  type ListRuns,
  type RunInfo,
  type RunStatus,
  type ValueCodec,
  type WireRunInfo,
} from '@ground-control/protocol';

import type { CoordinatorLink } from './coordinator-link.js';
import { decodeRunInfo } from './run-info.js';
import { checkedAttributes } from './start-options.js';

/** Which runs are listed: those that meet every condition given. */
export interface ListOptions {
  type?: string | undefined;
  status?: RunStatus | RunStatus[] | undefined;
  /** What the workflow id begins with. */
  idPrefix?: string | undefined;
  startedAfter?: Date | undefined;
  startedBefore?: Date | undefined;
  /** Attributes that the run has, with these values. */
  attributes?: Attributes | undefined;
  /** The most runs of one page, 1 to 1000. @defaultValue 100 */
  limit?: number | undefined;
  /** Where to go on: the `cursor` of the page before, asked with the same conditions. */
  cursor?: string | undefined;
}

/** A page of a listing, newest run first. */
export interface RunPage {
  runs: RunInfo[];
  /** Asks for the page that follows; absent on the last one. */
  cursor?: string;
}

export const DEFAULT_LIST_LIMIT = 100;
export const MAX_LIST_LIMIT = 1_000;

/** How much more than its even share each partition is asked for. */
const SHARE_RESERVE = 1.5;

/** The last run taken from each partition: when it started, and its id; null where none was. */
type Cursor = ([startedAt: number, runId: string] | null)[];

/** @throws InvalidInputError when an option is not valid */
export async function listRuns(
  link: CoordinatorLink,
  values: ValueCodec,
  options: ListOptions,
): Promise<RunPage> {
  const conditions = listRequest(options);
  const cursor = decodeCursor(options.cursor);
  const { partitions } = await link.namespace();
  const sources = Array.from(
    { length: partitions },
    (_, partition) => new Source(partition, cursor[partition] ?? null),
  );
  const runs: WireRunInfo[] = [];
  // Of most pages each partition has about its share.
  const share = Math.min(conditions.limit, Math.ceil((SHARE_RESERVE * conditions.limit) / partitions));
  while (runs.length < conditions.limit) {
    const dry = sources.filter((source) => source.isDry);
    // oxlint-disable-next-line no-await-in-loop -- again only for partitions that have more than their share
    await Promise.all(dry.map((source) => source.fill(link, { ...conditions, limit: share })));
    if (!takeNewest(sources, runs, conditions.limit)) break;
  }
  const more = sources.some((source) => source.mayHaveMore);
  return {
    runs: runs.map((run) => decodeRunInfo(run, values)),
    ...(more && { cursor: encodeCursor(sources.map((source) => source.lastTaken)) }),
  };
}

function listRequest(options: ListOptions): ListRuns {
  const { type, status, idPrefix, attributes, limit = DEFAULT_LIST_LIMIT } = options;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIST_LIMIT) {
    throw new InvalidInputError(`limit must be a whole number from 1 to ${MAX_LIST_LIMIT}, not ${limit}.`);
  }
  return {
    kind: 'workflow.list',
    type,
    status: typeof status === 'string' ? [status] : status,
    idPrefix,
    startedAfter: epoch(options.startedAfter, 'startedAfter'),
    startedBefore: epoch(options.startedBefore, 'startedBefore'),
    attributes: checkedAttributes(attributes),
    limit,
  };
}

function epoch(date: Date | undefined, what: string): number | undefined {
  if (date === undefined) return undefined;
  if (date instanceof Date && !Number.isNaN(date.getTime())) return date.getTime();
  throw new InvalidInputError(`${what} must be a valid Date.`);
}

/** The rows of one partition, in its own order, from which the merge takes. */
class Source {
  #rows: WireRunInfo[] = [];
  #taken = 0;
  #ended = false;

  constructor(
    private readonly partition: number,
    public lastTaken: Cursor[number],
  ) {}

  get head(): WireRunInfo | undefined {
    return this.#rows[this.#taken];
  }

  /** Whether what comes next has to be asked for. */
  get isDry(): boolean {
    return !this.head && !this.#ended;
  }

  get mayHaveMore(): boolean {
    return this.head !== undefined || !this.#ended;
  }

  /** Asks for the rows that follow. A page that is not full is the last one. */
  async fill(link: CoordinatorLink, request: ListRuns): Promise<void> {
    const [beforeStartedAt, before] = this.lastTaken ?? [];
    const page = await link.askPartition(this.partition, { ...request, before, beforeStartedAt });
    this.#rows = page.runs;
    this.#taken = 0;
    this.#ended = page.runs.length < request.limit;
  }

  take(): void {
    if (this.head) this.lastTaken = [this.head.startedAt, this.head.id];
    this.#taken++;
  }
}

/** Takes the newest rows, as far as it is known which those are. @returns false when there are no more */
function takeNewest(sources: Source[], runs: WireRunInfo[], limit: number): boolean {
  while (runs.length < limit && !sources.some((source) => source.isDry)) {
    const newest = sources.reduce((best, source) => (isNewer(source.head, best.head) ? source : best));
    if (!newest.head) return false;
    runs.push(newest.head);
    newest.take();
  }
  return true;
}

function isNewer(one: WireRunInfo | undefined, other: WireRunInfo | undefined): boolean {
  if (!one || !other) return one !== undefined;
  return one.startedAt === other.startedAt ? one.id > other.id : one.startedAt > other.startedAt;
}

function isPlace(place: unknown): boolean {
  if (place === null) return true;
  if (!Array.isArray(place) || place.length !== 2) return false;
  return typeof place[0] === 'number' && typeof place[1] === 'string';
}

function encodeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

function decodeCursor(text: string | undefined): Cursor {
  if (text === undefined) return [];
  try {
    const cursor: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (Array.isArray(cursor) && cursor.every(isPlace)) return cursor as Cursor;
  } catch {
    // What is no JSON is refused below, as other things that are no cursor are.
  }
  throw new InvalidInputError('cursor is not one that a listing returned.');
}
