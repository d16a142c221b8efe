import { attributeDigests, type RowSummary } from '@ground-control/journal';
import type { Attributes, RunStatus } from '@ground-control/protocol';
import { NumberArena } from './number-arena.js';
import { TextArena } from './text-arena.js';
import { HashTable } from './hash-table.js';

/** What the index knows of a run that is in the archive. */
export type IndexedRun = RowSummary;

/** Which runs are wanted. */
export interface IndexFilter {
  type?: string | undefined;
  status?: readonly string[] | undefined;
  idPrefix?: string | undefined;
  startedAfter?: number | undefined;
  startedBefore?: number | undefined;
  attributes?: Attributes | undefined;
}

/** A place in a listing, newest first: what comes before it was listed. */
export interface ListPosition {
  startedAt: number;
  runId: string;
}

const STATUSES: readonly RunStatus[] = ['completed', 'failed', 'cancelled', 'terminated', 'timed_out'];
const DEAD = 255;
const FIRST_CAPACITY = 1024;
/** The share of rows that may be dead before the index is built anew. */
const DEAD_SHARE = 1 / 4;

/**
 * The archived runs of a partition, about a hundred bytes each: columns of numbers, ids in one text, types by number.
 * Finds a run by its id, the latest of a workflow id, and pages through all of them by time without reading any row.
 */
export class RunIndex {
  private columns = new Columns(FIRST_CAPACITY);
  private text = new TextArena();
  private digests = new NumberArena();
  private byRunId = new HashTable();
  private byWorkflowId = new HashTable();
  /** Rows by time of start, then run id; those that were added since are appended unsorted. */
  private order = new Int32Array(FIRST_CAPACITY);
  private sorted = 0;
  private size = 0;
  private dead = 0;
  private types: string[] = [];
  private typeNumbers = new Map<string, number>();
  /** How many runs there are, by type and status. */
  private tally: number[] = [];

  constructor(private readonly clock: () => number) {}

  /** How many runs it holds. */
  get count(): number {
    return this.size - this.dead;
  }

  /** About how many bytes it takes. */
  get bytes(): number {
    const tables = this.byRunId.bytes + this.byWorkflowId.bytes;
    return this.columns.bytes + this.text.bytes + this.digests.bytes + tables + this.order.byteLength;
  }

  /** Adds a run, or replaces what was known of it. */
  add(run: IndexedRun): void {
    if (run.expiresAt <= this.clock()) return;
    if (this.size === this.columns.capacity) this.grow();
    const row = this.size++;
    this.write(row, run);
    this.order[row] = row;
    this.link(row);
    this.count1(row, 1);
    // Runs mostly end in the order in which they started.
    if (this.sorted === row && (row === 0 || this.compare(this.order[row - 1] ?? 0, row) < 0)) this.sorted++;
  }

  get(runId: string): IndexedRun | undefined {
    const key = Buffer.from(runId);
    const row = this.byRunId.find(key, (found) => this.text.equals(this.runIdAt(found), key));
    return row === undefined || !this.isLive(row) ? undefined : this.read(row);
  }

  /** The latest run of a workflow id. */
  latest(workflowId: string): IndexedRun | undefined {
    const key = Buffer.from(workflowId);
    const row = this.byWorkflowId.find(key, (found) => this.text.equals(this.workflowIdAt(found), key));
    return row === undefined || !this.isLive(row) ? undefined : this.read(row);
  }

  /**
   * The runs that match, newest first, after this position. Attributes are matched by a digest: among the runs may be a
   * few that do not have them, which their rows tell.
   */
  *newestFirst(filter: IndexFilter, after: ListPosition | undefined): Generator<IndexedRun> {
    this.sort();
    const matches = this.matcher(filter);
    if (!matches) return;
    const start = this.positionOf(after, filter.startedBefore);
    for (let index = start - 1; index >= 0; index--) {
      const row = this.order[index] ?? 0;
      const startedAt = this.columns.startedAt[row] ?? 0;
      if (filter.startedAfter !== undefined && startedAt <= filter.startedAfter) return;
      if (matches(row)) yield this.read(row);
    }
  }

  /** How many runs there are, by type and status. */
  *counts(): Iterable<{ workflowType: string; status: RunStatus; count: number }> {
    for (const [place, count] of this.tally.entries()) {
      const workflowType = this.types[Math.floor(place / STATUSES.length)];
      const status = STATUSES[place % STATUSES.length];
      if (workflowType !== undefined && status && count > 0) yield { workflowType, status, count };
    }
  }

  /** Forgets what has expired. @param onForgotten told of each run, before it is forgotten */
  expire(onForgotten: (run: IndexedRun) => void): void {
    const now = this.clock();
    for (let row = 0; row < this.size; row++) {
      if (this.columns.status[row] === DEAD || this.expiryOf(row) > now) continue;
      onForgotten(this.read(row));
      this.kill(row);
    }
    if (this.dead > this.size * DEAD_SHARE) this.rebuild();
  }

  private write(row: number, run: IndexedRun): void {
    const { columns } = this;
    columns.startedAt[row] = run.startedAt;
    columns.expiresAt[row] = Math.min(Math.ceil(run.expiresAt / 1000), 0xff_ff_ff_ff);
    columns.status[row] = STATUSES.indexOf(run.status);
    columns.type[row] = this.typeNumber(run.workflowType);
    columns.sequence[row] = run.sequence;
    columns.slot[row] = run.slot;
    columns.chunked[row] = Number(run.chunked);
    const ids = this.text.add(run.runId, run.workflowId);
    columns.text[row] = ids.start;
    columns.runIdLength[row] = ids.first;
    columns.workflowIdLength[row] = ids.second;
    columns.digests[row] = this.digests.add(run.digests);
    columns.attributes[row] = run.digests.length;
  }

  private read(row: number): IndexedRun {
    const { columns } = this;
    return {
      runId: this.text.text(this.runIdAt(row)),
      workflowId: this.text.text(this.workflowIdAt(row)),
      workflowType: this.types[columns.type[row] ?? 0] ?? '',
      status: STATUSES[columns.status[row] ?? 0] ?? 'completed',
      startedAt: columns.startedAt[row] ?? 0,
      expiresAt: this.expiryOf(row),
      chunked: columns.chunked[row] === 1,
      digests: this.digests.read(columns.digests[row] ?? 0, columns.attributes[row] ?? 0),
      sequence: columns.sequence[row] ?? 0,
      slot: columns.slot[row] ?? 0,
    };
  }

  private link(row: number): void {
    const [runId, workflowId] = [this.runIdAt(row), this.workflowIdAt(row)];
    const earlier = this.byRunId.put(this.text.bytesAt(runId), row, (found) =>
      this.text.same(this.runIdAt(found), runId),
    );
    if (earlier !== undefined) this.kill(earlier);
    const isSameWorkflow = (found: number): boolean => this.text.same(this.workflowIdAt(found), workflowId);
    const latest = this.byWorkflowId.find(this.text.bytesAt(workflowId), isSameWorkflow);
    if (latest !== undefined && latest !== earlier && this.isLater(latest, row)) return;
    this.byWorkflowId.put(this.text.bytesAt(workflowId), row, isSameWorkflow);
  }

  private isLater(row: number, than: number): boolean {
    return this.isLive(row) && (this.columns.startedAt[row] ?? 0) > (this.columns.startedAt[than] ?? 0);
  }

  private kill(row: number): void {
    if (this.columns.status[row] === DEAD) return;
    this.count1(row, -1);
    this.columns.status[row] = DEAD;
    this.dead++;
  }

  private isLive(row: number): boolean {
    return this.columns.status[row] !== DEAD && this.expiryOf(row) > this.clock();
  }

  private expiryOf(row: number): number {
    const seconds = this.columns.expiresAt[row] ?? 0;
    return seconds === 0xff_ff_ff_ff ? Infinity : seconds * 1000;
  }

  private count1(row: number, by: 1 | -1): void {
    const place = (this.columns.type[row] ?? 0) * STATUSES.length + (this.columns.status[row] ?? 0);
    this.tally[place] = (this.tally[place] ?? 0) + by;
  }

  private typeNumber(type: string): number {
    const known = this.typeNumbers.get(type);
    if (known !== undefined) return known;
    this.typeNumbers.set(type, this.types.length);
    return this.types.push(type) - 1;
  }

  private runIdAt(row: number): Span {
    return { start: this.columns.text[row] ?? 0, length: this.columns.runIdLength[row] ?? 0 };
  }

  private workflowIdAt(row: number): Span {
    const { start, length } = this.runIdAt(row);
    return { start: start + length, length: this.columns.workflowIdLength[row] ?? 0 };
  }

  /** A test of a row, without what the order of the rows answers; undefined when none can pass. */
  private matcher({
    type,
    status,
    idPrefix,
    attributes,
  }: IndexFilter): ((row: number) => boolean) | undefined {
    const { columns, digests } = this;
    const number = type === undefined ? undefined : this.typeNumbers.get(type);
    if (type !== undefined && number === undefined) return undefined;
    const wanted = new Uint8Array(DEAD + 1).fill(status ? 0 : 1);
    for (const name of status ?? []) wanted[STATUSES.indexOf(name as RunStatus) & DEAD] = 1;
    wanted[DEAD] = 0;
    const prefix = idPrefix === undefined ? undefined : Buffer.from(idPrefix);
    const wantedDigests = attributeDigests(attributes);
    const now = Math.floor(this.clock() / 1000);
    return (row) =>
      wanted[columns.status[row] ?? DEAD] === 1 &&
      (number === undefined || columns.type[row] === number) &&
      (columns.expiresAt[row] ?? 0) > now &&
      (!prefix || this.hasPrefix(row, prefix)) &&
      wantedDigests.every((digest) =>
        digests.has(columns.digests[row] ?? 0, columns.attributes[row] ?? 0, digest),
      );
  }

  /** Without a span: this is asked of every row that there is. */
  private hasPrefix(row: number, prefix: Uint8Array): boolean {
    const { columns } = this;
    if ((columns.workflowIdLength[row] ?? 0) < prefix.length) return false;
    return this.text.has((columns.text[row] ?? 0) + (columns.runIdLength[row] ?? 0), prefix);
  }

  /** Where in the order the listing goes on: everything from there on is after the position. */
  private positionOf(after: ListPosition | undefined, startedBefore: number | undefined): number {
    const key = after && { startedAt: after.startedAt, runId: Buffer.from(after.runId) };
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const row = this.order[middle] ?? 0;
      const startedAt = this.columns.startedAt[row] ?? 0;
      const beyond =
        (startedBefore !== undefined && startedAt >= startedBefore) ||
        (key !== undefined && this.compareTo(row, key) >= 0);
      if (beyond) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private compareTo(row: number, key: { startedAt: number; runId: Uint8Array }): number {
    const startedAt = this.columns.startedAt[row] ?? 0;
    if (startedAt !== key.startedAt) return startedAt - key.startedAt;
    return Buffer.compare(this.text.bytesAt(this.runIdAt(row)), key.runId);
  }

  private compare(one: number, other: number): number {
    const { startedAt } = this.columns;
    const [first, second] = [startedAt[one] ?? 0, startedAt[other] ?? 0];
    if (first !== second) return first - second;
    return Buffer.compare(this.text.bytesAt(this.runIdAt(one)), this.text.bytesAt(this.runIdAt(other)));
  }

  /** Sorts what was added since, and merges it into the rest from the end. */
  private sort(): void {
    if (this.sorted === this.size) return;
    // An array's sort makes use of what is in order already.
    const added = [...this.order.subarray(this.sorted, this.size)];
    const fresh = added.toSorted((one, other) => this.compare(one, other));
    let [old, next] = [this.sorted - 1, fresh.length - 1];
    for (let target = this.size - 1; next >= 0; target--) {
      const [oldRow, newRow] = [this.order[old] ?? 0, fresh[next] ?? 0];
      const takeOld = old >= 0 && this.compare(oldRow, newRow) > 0;
      this.order[target] = takeOld ? oldRow : newRow;
      if (takeOld) old--;
      else next--;
    }
    this.sorted = this.size;
  }

  private grow(): void {
    this.columns = this.columns.grown(this.columns.capacity * 2);
    const order = new Int32Array(this.columns.capacity);
    order.set(this.order);
    this.order = order;
  }

  /** Leaves the dead behind. */
  private rebuild(): void {
    const kept = new RunIndex(this.clock);
    this.sort();
    for (let index = 0; index < this.size; index++) {
      const row = this.order[index] ?? 0;
      if (this.columns.status[row] !== DEAD) kept.add(this.read(row));
    }
    Object.assign(this, kept);
  }
}

interface Span {
  start: number;
  length: number;
}

/** The numbers of every row. */
class Columns {
  readonly startedAt: Float64Array;
  readonly sequence: Float64Array;
  /** In seconds. */
  readonly expiresAt: Uint32Array;
  /** Where its run id begins in the text; its workflow id follows. */
  readonly text: Uint32Array;
  /** Where the digests of its attributes begin. */
  readonly digests: Uint32Array;
  readonly runIdLength: Uint16Array;
  readonly workflowIdLength: Uint16Array;
  readonly slot: Uint16Array;
  readonly type: Uint16Array;
  readonly status: Uint8Array;
  readonly attributes: Uint8Array;
  readonly chunked: Uint8Array;

  constructor(readonly capacity: number) {
    this.startedAt = new Float64Array(capacity);
    this.sequence = new Float64Array(capacity);
    this.expiresAt = new Uint32Array(capacity);
    this.text = new Uint32Array(capacity);
    this.digests = new Uint32Array(capacity);
    this.runIdLength = new Uint16Array(capacity);
    this.workflowIdLength = new Uint16Array(capacity);
    this.slot = new Uint16Array(capacity);
    this.type = new Uint16Array(capacity);
    this.status = new Uint8Array(capacity);
    this.attributes = new Uint8Array(capacity);
    this.chunked = new Uint8Array(capacity);
  }

  get bytes(): number {
    return this.all.reduce((bytes, column) => bytes + column.byteLength, 0);
  }

  grown(capacity: number): Columns {
    const grown = new Columns(capacity);
    for (const [index, column] of grown.all.entries()) column.set(this.all[index] ?? []);
    return grown;
  }

  private get all(): (Float64Array | Uint32Array | Uint16Array | Uint8Array)[] {
    const { startedAt, sequence, expiresAt, text, runIdLength, workflowIdLength } = this;
    const { digests, slot, type, status, attributes, chunked } = this;
    return [
      startedAt,
      sequence,
      expiresAt,
      text,
      runIdLength,
      workflowIdLength,
      digests,
      slot,
      type,
      status,
      attributes,
      chunked,
    ];
  }
}
