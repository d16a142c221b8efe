/*
 * The rules of a leader's term, for every storage. Invariants (numbers of docs/architecture.md):
 *
 * 1. An append resolves only when it is durable, and so is every earlier one.
 * 2. One writer: every append says which sequence it expects to be the last. The first that is refused or unknown ends
 *    the term; nothing is sent twice, nothing is guessed.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type GroundControlError, PayloadTooLargeError } from '@ground-control/protocol';
import { CHAIN_START, type ChainLink, decodeRecord, digestOf, encodeRecord } from './batch-codec.js';
import type { JournalBatch, PartitionJournal } from './journal.js';
import { JournalCorruptError, JournalFencedError, JournalUncertainError } from './journal-errors.js';
import { MAX_EPOCH_VOLLEY, Replay } from './replay.js';
import type { Published, SequencedLog } from './sequenced-log.js';

/** How often a leader tries to write its epoch while others' appends land before it, until it gives up. */
export const MAX_TAKE_OVER_TRIES = 10;

/**
 * How often, and how long apart in milliseconds, it is asked again where a journal ends that seems to have become shorter:
 * a server of a cluster that was paused takes itself for the stream's leader for a moment longer, and tells of the past.
 */
const MAX_STALE_ANSWERS = 5;
const STALE_ANSWER_MS = 500;

interface Append {
  /** The sequence that it has or will have, and its digest. */
  link: ChainLink;
  published: Published | undefined;
  resolve: (sequence: number) => void;
  reject: (error: Error) => void;
}

interface Term {
  epoch: string;
  /** The sequence of the message that began it. */
  began: number;
  /** The last append, acknowledged or not. */
  last: ChainLink;
  /** Oldest first. */
  inFlight: Append[];
}

/** A partition's journal in a {@link SequencedLog}. */
export class LogJournal implements PartitionJournal {
  private term: Term | undefined;
  private whyNoTerm: GroundControlError = new JournalFencedError('The journal was not taken over.');
  private takingOver = false;
  private onIdle: (() => void) | undefined;
  private closed = false;
  /** The sequence of the first record, when it was last asked for. */
  private first = 1;
  /** The last record that was acknowledged or replayed: it must be there for ever. */
  private seen: ChainLink = CHAIN_START;

  constructor(
    private readonly partition: number,
    private readonly log: SequencedLog,
  ) {}

  get maxBatchBytes(): number {
    return this.log.maxRecordBytes;
  }

  async takeOver(
    epoch: string,
    onBatch: (sequence: number, batch: JournalBatch) => void,
    startAt?: (firstSequence: number) => Promise<number>,
  ): Promise<number> {
    if (this.closed) throw this.whyNoTerm;
    if (this.takingOver) throw new JournalFencedError(`${this.name} is being taken over already.`);
    this.takingOver = true;
    try {
      this.endTerm(new JournalUncertainError(`${this.name} is taken over again.`));
      const began = await this.writeEpoch(epoch);
      const first = await this.readFirst();
      const last = await this.replay(startAt ? await startAt(first) : 1, began, onBatch);
      if (!this.closed) this.term = { epoch, began, last, inFlight: [] };
      return began;
    } finally {
      this.takingOver = false;
    }
  }

  append(batch: JournalBatch): Promise<number> {
    const { term } = this;
    if (!term || this.closed) return Promise.reject(this.refusal());
    if (batch.epoch !== term.epoch) {
      return Promise.reject(
        new JournalFencedError(`A batch of epoch ${batch.epoch} in the term of epoch ${term.epoch}.`),
      );
    }
    try {
      const record = this.encode(term, batch);
      return new Promise((resolve, reject) => {
        this.send(term, record, resolve, reject);
      });
    } catch (error) {
      return this.refuseUnsent(error);
    }
  }

  async read(sequence: number): Promise<JournalBatch> {
    const { epoch, entries } = this.decode(sequence, await this.readRecord(sequence));
    return { epoch, entries };
  }

  async verify(onBatch: (sequence: number, batch: JournalBatch) => void): Promise<number> {
    const last = await this.lastSequence();
    if (last > 0) await this.replay(await this.readFirst(), last, onBatch);
    return last;
  }

  async purge(before: number): Promise<void> {
    const { term } = this;
    if (!term || before < term.began || before > this.seen.sequence)
      throw new JournalFencedError(`${this.name} is not purged up to a batch that is not of this term.`);
    await this.log.purge(before);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.whyNoTerm = new JournalFencedError(`${this.name} is closed.`);
    if (this.term && this.term.inFlight.length > 0) {
      await new Promise<void>((resolve) => (this.onIdle = resolve));
    }
    this.endTerm(this.whyNoTerm);
  }

  private get name(): string {
    return `The journal of partition ${this.partition}`;
  }

  private send(
    term: Term,
    record: Uint8Array,
    resolve: (sequence: number) => void,
    reject: (error: Error) => void,
  ): void {
    const expectedLast = term.last.sequence;
    term.last = { sequence: expectedLast + 1, digest: digestOf(record) };
    const append: Append = { link: term.last, published: undefined, resolve, reject };
    term.inFlight.push(append);
    this.log.publish(record, expectedLast, (published) => {
      append.published = published;
      if (term === this.term) this.settle(term);
    });
  }

  /** Resolves in order what is acknowledged in order (invariant 1); anything else ends the term (invariant 2). */
  private settle(term: Term): void {
    for (let oldest = term.inFlight[0]; oldest?.published; oldest = term.inFlight[0]) {
      const { link } = oldest;
      const error = this.faultOf(oldest.published, link.sequence);
      if (error) return this.endTerm(error);
      this.see(link);
      term.inFlight.shift();
      oldest.resolve(link.sequence);
    }
    if (term.inFlight.length === 0) this.onIdle?.();
  }

  private faultOf(published: Published, sequence: number): GroundControlError | undefined {
    switch (published.kind) {
      case 'stored':
        if (published.sequence === sequence) return undefined;
        return new JournalFencedError(
          `${this.name}: an append expected sequence ${sequence} and got ${published.sequence}.`,
        );
      case 'refused':
        return new JournalFencedError(`${this.name} has another writer: ${published.reason}.`);
      case 'unknown':
        return new JournalUncertainError(
          `${this.name}: it is unknown whether an append landed: ${published.reason}.`,
          { cause: published.cause },
        );
    }
  }

  private endTerm(error: GroundControlError): void {
    const inFlight = this.term?.inFlight ?? [];
    this.term = undefined;
    if (!this.closed) this.whyNoTerm = error;
    for (const append of inFlight) append.reject(error);
    this.onIdle?.();
  }

  private encode(term: Term, { epoch, entries }: JournalBatch): Uint8Array {
    const record = encodeRecord({ epoch, entries, term: term.began, after: term.last });
    const [bytes, limit] = [record.length, this.maxBatchBytes];
    if (bytes <= limit) return record;
    throw new PayloadTooLargeError(`A batch of ${bytes} bytes is over the limit of ${limit}.`, {
      details: { bytes, limit },
    });
  }

  /** What the leader has sent behind this batch before it hears of it must not land without it: the term ends. */
  private refuseUnsent(error: unknown): Promise<never> {
    this.endTerm(new JournalUncertainError(`${this.name}: a batch was not sent.`, { cause: error }));
    return Promise.reject(error);
  }

  private refusal(): GroundControlError {
    const why = this.whyNoTerm;
    const message = `${this.name} takes no append before it is taken over again: ${why.message}`;
    return why instanceof JournalUncertainError
      ? new JournalUncertainError(message, { cause: why })
      : new JournalFencedError(message, { cause: why });
  }

  /** @returns the sequence at which the term begins */
  private async writeEpoch(epoch: string): Promise<number> {
    let fault: GroundControlError | undefined;
    let refusals = 0;
    for (let tries = 0; tries < MAX_TAKE_OVER_TRIES; tries += 1) {
      if (this.closed) throw this.whyNoTerm;
      const last = await this.readLast();
      const count = Math.min(2 ** Math.max(0, refusals - 1), MAX_EPOCH_VOLLEY);
      const copies = Array.from({ length: count }, (_, ahead) => encodeEpoch(epoch, last, ahead));
      const volley = copies.map((copy, ahead) => this.publish(copy, last.sequence + ahead));
      const began = last.sequence + count;
      fault = this.faultOfVolley(await Promise.all(volley), began);
      if (!fault) return began;
      if (fault instanceof JournalFencedError) refusals += 1;
    }
    throw fault ?? this.whyNoTerm;
  }

  /** The epoch stands when its last copy was stored: whatever other leaders wrote came before it. */
  private faultOfVolley(volley: Published[], began: number): GroundControlError | undefined {
    const faults = volley.map((published, index) =>
      this.faultOf(published, began - volley.length + 1 + index),
    );
    return faults.find((fault) => fault instanceof JournalUncertainError) ?? faults.at(-1);
  }

  private async readLast(): Promise<ChainLink> {
    const sequence = await this.lastSequence();
    return sequence === 0 ? CHAIN_START : { sequence, digest: digestOf(await this.readRecord(sequence)) };
  }

  private async lastSequence(): Promise<number> {
    const { sequence } = this.seen;
    for (let tries = 1; ; tries += 1) {
      const last = await this.log.lastSequence();
      if (last >= sequence) return last;
      const what = `the journal ends at sequence ${last}, but this process has seen this one`;
      if (tries === MAX_STALE_ANSWERS) throw new JournalCorruptError(this.partition, sequence, what);
      await delay(STALE_ANSWER_MS);
    }
  }

  private async readFirst(): Promise<number> {
    this.first = await this.log.firstSequence();
    return this.first;
  }

  private see(link: ChainLink): void {
    if (link.sequence > this.seen.sequence) this.seen = link;
  }

  private publish(record: Uint8Array, expectedLast: number): Promise<Published> {
    return new Promise((resolve) => {
      this.log.publish(record, expectedLast, resolve);
    });
  }

  private async replay(
    from: number,
    until: number,
    onBatch: (sequence: number, batch: JournalBatch) => void,
  ): Promise<ChainLink> {
    const replay = new Replay(this.partition, onBatch, this.seen, from);
    await this.log.read(from, until, (sequence, record) => {
      replay.take(sequence, record);
    });
    if (replay.last < until) {
      await this.refuseIfPurged(from);
      throw new JournalCorruptError(this.partition, replay.last + 1, 'the record is missing');
    }
    this.see(replay.end);
    return replay.end;
  }

  /** What was missing may have been purged meanwhile by the leader before this one, which was slow to do it. */
  private async refuseIfPurged(from: number): Promise<void> {
    const first = await this.log.firstSequence();
    if (from < this.first || first === this.first) return;
    throw new JournalUncertainError(`${this.name} was purged up to ${first} while it was read.`);
  }

  private async readRecord(sequence: number): Promise<Uint8Array> {
    let found: Uint8Array | undefined;
    await this.log.read(sequence, sequence, (at, record) => {
      if (at === sequence) found = record;
    });
    if (found) return found;
    throw new JournalCorruptError(this.partition, sequence, 'the record is missing');
  }

  private decode(sequence: number, record: Uint8Array): JournalBatch {
    try {
      return decodeRecord(record);
    } catch (cause) {
      throw new JournalCorruptError(this.partition, sequence, String(cause), { cause });
    }
  }
}

/** @param ahead how many records are taken to land between the last one that was read and this copy */
function encodeEpoch(epoch: string, after: ChainLink, ahead: number): Uint8Array {
  return encodeRecord({ term: after.sequence + ahead + 1, epoch, after, entries: [] });
}
