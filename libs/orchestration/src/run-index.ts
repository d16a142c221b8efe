import type { Attributes, RunStatus } from '@ground-control/protocol';
import { TextArena } from './text-arena.js';
import { HashTable } from './hash-table.js';

/** What the index knows of a run that is in the archive. */
export interface IndexedRun {
  runId: string;
  workflowId: string;
  workflowType: string;
  status: RunStatus;
  startedAt: number;
  /** When it is forgotten, in milliseconds since the epoch. */
  expiresAt: number;
  attributes: Attributes | undefined;
  /** Whether its history is in chunks of its own. */
  chunked: boolean;
  /** The place of its row. */
  sequence: number;
  slot: number;
}

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
  private byRunId = new HashTable();
  private byWorkflowId = new HashTable();
  /** Rows by time of start, then run id; those that were added since are appended unsorted. */
  private order = new Int32Array(FIRST_CAPACITY);
  private sorted = 0;
  private size = 0;
  private dead = 0;
  private readonly types: string[] = [];
  private readonly typeNumbers = new Map<string, number>();
  private readonly tally = new Map<string, number>();

  constructor(private readonly clock: () => number) {}

  /** How many runs it holds. */
  get count(): number {
    return this.size - this.dead;
  }

  /** About how many bytes it takes. */
  get bytes(): number {
    const tables = this.byRunId.bytes + this.byWorkflowId.bytes;
    return this.columns.bytes + this.text.bytes + tables + this.order.byteLength;
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
    for (const [key, count] of this.tally) {
      const [type, status] = key.split('/').map(Number);
      const [workflowType, name] = [this.types[type ?? 0], STATUSES[status ?? 0]];
      if (workflowType !== undefined && name && count > 0) yield { workflowType, status: name, count };
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
    const [runId, workflowId] = [Buffer.from(run.runId), Buffer.from(run.workflowId)];
    const digests = digestsOf(run.attributes);
    columns.text[row] = this.text.add(Buffer.concat([runId, workflowId, Buffer.from(digests.buffer)]));
    columns.runIdLength[row] = runId.length;
    columns.workflowIdLength[row] = workflowId.length;
    columns.attributes[row] = digests.length;
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
      attributes: undefined,
      chunked: columns.chunked[row] === 1,
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
    const key = `${this.columns.type[row]}/${this.columns.status[row]}`;
    this.tally.set(key, (this.tally.get(key) ?? 0) + by);
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
    const { columns, text } = this;
    const number = type === undefined ? undefined : this.typeNumbers.get(type);
    if (type !== undefined && number === undefined) return undefined;
    const wanted = new Uint8Array(DEAD + 1).fill(status ? 0 : 1);
    for (const name of status ?? []) wanted[STATUSES.indexOf(name as RunStatus) & DEAD] = 1;
    wanted[DEAD] = 0;
    const prefix = idPrefix === undefined ? undefined : Buffer.from(idPrefix);
    const digests = digestsOf(attributes);
    const now = Math.floor(this.clock() / 1000);
    return (row) =>
      wanted[columns.status[row] ?? DEAD] === 1 &&
      (number === undefined || columns.type[row] === number) &&
      (columns.expiresAt[row] ?? 0) > now &&
      (!prefix || text.startsWith(this.workflowIdAt(row), prefix)) &&
      digests.every((digest) => this.hasDigest(row, digest));
  }

  private hasDigest(row: number, digest: number): boolean {
    const { start, length } = this.workflowIdAt(row);
    const count = this.columns.attributes[row] ?? 0;
    for (let index = 0; index < count; index++) {
      if (this.text.numberAt(start + length + 4 * index) === digest) return true;
    }
    return false;
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
    const fresh = this.order.slice(this.sorted, this.size).toSorted((one, other) => this.compare(one, other));
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
    for (let index = 0; index < this.size; index++) {
      const row = this.order[index] ?? 0;
      if (this.columns.status[row] !== DEAD) kept.copy(this, row);
    }
    const { columns, text, byRunId, byWorkflowId, order, size } = kept;
    Object.assign(this, { columns, text, byRunId, byWorkflowId, order, size, dead: 0, sorted: 0 });
    this.sort();
  }

  private copy(from: RunIndex, row: number): void {
    if (this.size === this.columns.capacity) this.grow();
    const target = this.size++;
    const span = from.runIdAt(row);
    const ids = span.length + (from.columns.workflowIdLength[row] ?? 0);
    const length = ids + 4 * (from.columns.attributes[row] ?? 0);
    this.columns.copy(target, from.columns, row);
    this.columns.text[target] = this.text.add(from.text.bytesAt({ start: span.start, length }));
    this.order[target] = target;
    this.link(target);
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
  /** Where its run id begins in the text; its workflow id and the digests of its attributes follow. */
  readonly text: Uint32Array;
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

  copy(row: number, from: Columns, fromRow: number): void {
    for (const [index, column] of this.all.entries()) column[row] = from.all[index]?.[fromRow] ?? 0;
  }

  private get all(): (Float64Array | Uint32Array | Uint16Array | Uint8Array)[] {
    const { startedAt, sequence, expiresAt, text, runIdLength, workflowIdLength } = this;
    const { slot, type, status, attributes, chunked } = this;
    return [
      startedAt,
      sequence,
      expiresAt,
      text,
      runIdLength,
      workflowIdLength,
      slot,
      type,
      status,
      attributes,
      chunked,
    ];
  }
}

function digestsOf(attributes: Attributes | undefined): Uint32Array {
  const pairs = Object.entries(attributes ?? {}).slice(0, 255);
  return Uint32Array.from(pairs, (pair) => HashTable.hash(Buffer.from(JSON.stringify(pair))));
}
