import type { Published, SequencedLog } from './sequenced-log.js';

interface Sent {
  record: Uint8Array;
  expectedLast: number;
  done: (published: Published) => void;
}

/** What may go wrong with an append on its way. */
export type AppendFault =
  /** The append never arrives, and the leader hears nothing. */
  | 'lose'
  /** The append is stored, and the leader hears nothing. */
  | 'lose-acknowledgement'
  /** The server refuses the append for a reason of its own; the leader cannot tell whether it landed. */
  | 'reject';

/** Appends that wait on their way. */
export interface HeldAppends {
  /** Lets them arrive now, and those that come after them. */
  release(): void;
  /** The leader gives them up as unknown; they arrive all the same, when they are released. What comes after passes. */
  giveUp(): void;
}

/** Stands where a record was purged. */
const PURGED = new Uint8Array();

/** One leader's connection to a log in memory. */
export class MemoryLog implements SequencedLog {
  private readonly faults: AppendFault[] = [];
  private held: Sent[] | undefined;

  constructor(
    private readonly records: Uint8Array[],
    readonly maxRecordBytes: number,
  ) {}

  /** The next appends go wrong in this way, one each. */
  failNext(...faults: AppendFault[]): void {
    this.faults.push(...faults);
  }

  /** Holds up every append from now on. */
  hold(): HeldAppends {
    const held: Sent[] = [];
    this.held = held;
    const pass = (): void => {
      if (this.held === held) this.held = undefined;
    };
    return {
      release: () => {
        pass();
        for (const sent of held.splice(0)) this.arrive(sent);
      },
      giveUp: () => {
        pass();
        for (const sent of held) {
          sent.done({ kind: 'unknown', reason: 'no acknowledgement in time' });
          sent.done = () => {};
        }
      },
    };
  }

  async lastSequence(): Promise<number> {
    await Promise.resolve();
    return this.records.length;
  }

  async firstSequence(): Promise<number> {
    await Promise.resolve();
    const first = this.records.findIndex((record) => record !== PURGED);
    return first < 0 ? this.records.length + 1 : first + 1;
  }

  async purge(before: number): Promise<void> {
    await Promise.resolve();
    const end = Math.min(before - 1, this.records.length);
    for (let index = 0; index < end; index += 1) this.records[index] = PURGED;
  }

  publish(record: Uint8Array, expectedLast: number, done: (published: Published) => void): void {
    const sent = { record, expectedLast, done };
    const { held } = this;
    if (held) held.push(sent);
    else queueMicrotask(() => this.arrive(sent));
  }

  async read(
    first: number,
    last: number,
    onRecord: (sequence: number, record: Uint8Array) => void,
  ): Promise<void> {
    await Promise.resolve();
    for (let sequence = first; sequence <= last; sequence += 1) {
      const record = this.records[sequence - 1];
      if (!record || record === PURGED) return;
      onRecord(sequence, record);
    }
  }

  private arrive(sent: Sent): void {
    const fault = this.faults.shift();
    if (fault === 'lose') return sent.done({ kind: 'unknown', reason: 'the append was lost' });
    if (fault === 'reject') return sent.done({ kind: 'unknown', reason: 'the server refused the append' });
    const published = this.store(sent);
    if (fault && published.kind === 'stored') {
      sent.done({ kind: 'unknown', reason: 'the acknowledgement was lost' });
    } else sent.done(published);
  }

  private store({ record, expectedLast }: Sent): Published {
    const last = this.records.length;
    if (last !== expectedLast) return { kind: 'refused', reason: `wrong last sequence: ${last}` };
    return { kind: 'stored', sequence: this.records.push(record) };
  }
}
