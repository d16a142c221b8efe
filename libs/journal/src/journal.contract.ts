/*
 * What every journal keeps, whatever it is stored in. A storage runs this suite by telling how it is started, how a
 * leader comes to it, and how that leader's appends go wrong.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidInputError, PayloadTooLargeError, type WorkflowDefinition } from '@ground-control/protocol';
import { encodeRecord } from './batch-codec.js';
import { type InterleavingOptions, itIsLinear } from './interleavings.contract.js';
import type { JournalBatch, JournalEntry } from './journal.js';
import { JournalCorruptError, JournalFencedError, JournalUncertainError } from './journal-errors.js';
import {
  append,
  batchOf,
  errorOf,
  type JournalWorld,
  LAYOUT,
  type Leader,
  shortly,
  takeOver,
  takeOverFrom,
} from './journal-world.contract.js';

/** Runs the suite. */
export function describeJournal(
  storage: string,
  startWorld: () => Promise<JournalWorld>,
  interleavings: InterleavingOptions,
): void {
  let world: JournalWorld;
  beforeEach(async () => {
    world = await startWorld();
  });
  afterEach(() => world.close());

  describe(`a journal in ${storage}`, () => {
    let first: Leader;
    beforeEach(async () => {
      first = await world.leader();
    });
    const leaders = (): { world: JournalWorld; first: Leader } => ({ world, first });

    describe('append', () => {
      describeAppend(leaders);
    });
    describe('batch size', () => {
      describeBatchSize(leaders);
    });
    describe('takeOver', () => {
      describeTakeOver(leaders);
    });
    describe('purge', () => {
      describePurge(leaders);
    });
    describe('uncertainty', () => {
      describeUncertainty(leaders);
    });
    describe('read and close', () => {
      describeReadAndClose(leaders);
    });
    describe('leaders that interleave', () => {
      itIsLinear(startWorld, interleavings);
    });
  });

  describe(`a namespace in ${storage}`, () => {
    describeNamespace(() => world);
  });
}

type Leaders = () => { world: JournalWorld; first: Leader };

function describeAppend(leaders: Leaders): void {
  it('returns increasing sequences after that of the epoch', async () => {
    const { first } = leaders();
    expect(await first.journal.takeOver('e1', () => {})).toBe(1);
    expect(await append(first, 'e1', 'a')).toBe(2);
    expect(await append(first, 'e1', 'b')).toBe(3);
  });

  it('keeps the order of pipelined appends', async () => {
    const { first } = leaders();
    await takeOver(first, 'e1');
    const names = Array.from({ length: 50 }, (_, index) => `n${index}`);
    const sequences = await Promise.all(names.map((name) => append(first, 'e1', name)));
    const expected = names.map((name, index) => `${index + 2} e1 ${name}`);
    expect(sequences).toEqual(names.map((_, index) => index + 2));
    expect(await takeOver(first, 'e2')).toEqual(['1 e1', ...expected, '52 e2']);
  });

  it('keeps every kind of value', async () => {
    const { first } = leaders();
    await takeOver(first, 'e1');
    const entry: JournalEntry = {
      runId: 'r',
      at: 1_700_000_000_123,
      events: [
        { kind: 'event.received', id: 'a', event: 'é 🙂', payload: Buffer.from([0, 255, 1]) },
        { kind: 'event.received', id: 'b', event: '', payload: undefined },
        { kind: 'wait.timed_out' },
      ],
    };
    const batch: JournalBatch = { epoch: 'e1', entries: [entry, { ...entry, runId: 's' }] };
    expect(await first.journal.read(await first.journal.append(batch))).toEqual(batch);
  });

  it('is refused before a term has begun', async () => {
    const { first } = leaders();
    await expect(append(first, 'e1', 'a')).rejects.toThrow(JournalFencedError);
  });

  it('refuses a batch that was decided in an earlier term, and the term goes on', async () => {
    const { first } = leaders();
    await takeOver(first, 'e1');
    await takeOver(first, 'e2');
    await expect(append(first, 'e1', 'late')).rejects.toThrow(JournalFencedError);
    expect(await append(first, 'e2', 'a')).toBe(3);
  });
}

/** A batch that is just so large when it is encoded. */
function batchOfBytes(bytes: number): JournalBatch {
  const payload = new Uint8Array(100_000);
  const overhead =
    encodeRecord({ ...batchOf('e1', 'a', payload), term: 1, after: { sequence: 1, digest: 0xff_ff_ff_ff } })
      .length - payload.length;
  return batchOf('e1', 'a', new Uint8Array(bytes - overhead));
}

function describeBatchSize(leaders: Leaders): void {
  it('may be the limit', async () => {
    const { journal } = leaders().first;
    await journal.takeOver('e1', () => {});
    expect(await journal.append(batchOfBytes(journal.maxBatchBytes))).toBe(2);
    expect((await journal.read(2)).entries).toHaveLength(1);
  });

  it('over the limit is refused unsent, and with it what follows', async () => {
    const { first } = leaders();
    await takeOver(first, 'e1');
    const tooLarge = errorOf(first.journal.append(batchOfBytes(first.journal.maxBatchBytes + 1)));
    const next = errorOf(append(first, 'e1', 'b'));
    expect(await tooLarge).toBeInstanceOf(PayloadTooLargeError);
    expect(await next).toBeInstanceOf(JournalUncertainError);
    expect(await takeOver(first, 'e2')).toEqual(['1 e1', '2 e2']);
  });
}

function describeTakeOver(leaders: Leaders): void {
  it('hands over what was appended, in order, with the epochs', async () => {
    const { world, first } = leaders();
    await takeOver(first, 'e1');
    await append(first, 'e1', 'a');
    await takeOver(first, 'e2');
    await append(first, 'e2', 'b');
    expect(await takeOver(await world.leader(), 'e3')).toEqual(['1 e1', '2 e1 a', '3 e2', '4 e2 b', '5 e3']);
  });

  it('fences the leader before it, with its appends in flight', async () => {
    const { world, first } = leaders();
    await takeOver(first, 'e1');
    await append(first, 'e1', 'a');
    const held = first.holdAppends();
    const inFlight = errorOf(append(first, 'e1', 'b'));
    expect(await takeOver(await world.leader(), 'e2')).toEqual(['1 e1', '2 e1 a', '3 e2']);
    held.release();
    expect(await inFlight).toBeInstanceOf(JournalFencedError);
    await expect(append(first, 'e1', 'c')).rejects.toThrow(JournalFencedError);
  });

  it('fences the leader before it at its next append', async () => {
    const { world, first } = leaders();
    await takeOver(first, 'e1');
    const second = await world.leader();
    await takeOver(second, 'e2');
    await expect(append(first, 'e1', 'a')).rejects.toThrow(JournalFencedError);
    expect(await append(second, 'e2', 'b')).toBe(3);
  });

  it('skips a fenced append whose expectation a later epoch happened to meet', async () => {
    const { world, first } = leaders();
    await takeOver(first, 'e1');
    const held = first.holdAppends();
    const inFlight = [errorOf(append(first, 'e1', 'refused')), errorOf(append(first, 'e1', 'lands'))];
    const second = await world.leader();
    await takeOver(second, 'e2');
    held.release();
    for (const fenced of inFlight) expect(await fenced).toBeInstanceOf(JournalFencedError);
    await expect(append(second, 'e2', 'b')).rejects.toThrow(JournalFencedError);
    expect(await takeOver(second, 'e3')).toEqual(['1 e1', '2 e2', '4 e3']);
    expect(await append(second, 'e3', 'c')).toBe(5);
  });

  it('ends a term into which such an append fell: what was sent behind it does not count', async () => {
    const { world, first } = leaders();
    await takeOver(first, 'e1');
    const heldFirst = first.holdAppends();
    const stale = [errorOf(append(first, 'e1', 'refused')), errorOf(append(first, 'e1', 'lands'))];
    const second = await world.leader();
    await takeOver(second, 'e2');
    const heldSecond = second.holdAppends();
    const current = [errorOf(append(second, 'e2', 'refused')), errorOf(append(second, 'e2', 'lands'))];
    heldFirst.release();
    for (const fenced of stale) expect(await fenced).toBeInstanceOf(JournalFencedError);
    heldSecond.release();
    for (const fenced of current) expect(await fenced).toBeInstanceOf(JournalFencedError);
    expect(await takeOver(second, 'e3')).toEqual(['1 e1', '2 e2', '5 e3']);
  });

  it('outruns appends of the leader before it that land before its epoch', async () => {
    const { world, first } = leaders();
    await takeOver(first, 'e1');
    const second = await world.leader();
    const held = second.holdAppends();
    const takingOver = takeOver(second, 'e2');
    await append(first, 'e1', 'a');
    held.release();
    expect((await takingOver).slice(0, 2)).toEqual(['1 e1', '2 e1 a']);
    expect(await append(second, 'e2', 'b')).toBeGreaterThan(3);
  });

  it('takes over from a leader that never stops appending', async () => {
    const { world, first } = leaders();
    await takeOver(first, 'e1');
    const over = new AbortController();
    const appendOnAndOn = async (): Promise<void> => {
      while (!over.signal.aborted) await append(first, 'e1', 'a');
    };
    const busy = Array.from({ length: 4 }, () => errorOf(appendOnAndOn()));
    const second = await world.leader();
    const replayed = await takeOver(second, 'e2').finally(() => over.abort());
    expect(replayed.at(-1)).toMatch(/ e2$/);
    for (const fenced of busy) expect(await fenced).toBeInstanceOf(JournalFencedError);
  });

  it('gives up the appends of its own earlier term as uncertain', async () => {
    const { first } = leaders();
    await takeOver(first, 'e1');
    const inFlight = errorOf(append(first, 'e1', 'a'));
    expect((await takeOver(first, 'e2')).at(-1)).toMatch(/ e2$/);
    expect(await inFlight).toBeInstanceOf(JournalUncertainError);
  });

  it('writes its epoch again when it does not know whether it landed', async () => {
    const { first } = leaders();
    first.failNextAppends('lose-acknowledgement', 'lose', 'reject');
    expect(await takeOver(first, 'e1')).toEqual(['1 e1', '2 e1']);
    expect(await append(first, 'e1', 'a')).toBe(3);
  });

  it('gives up when it never learns that its epoch landed', async () => {
    const { first } = leaders();
    first.failNextAppends(...Array.from({ length: 100 }, () => 'lose' as const));
    await expect(takeOver(first, 'e1')).rejects.toThrow(JournalUncertainError);
    await expect(append(first, 'e1', 'a')).rejects.toThrow(JournalUncertainError);
  });

  it('fails with what its listener throws, and begins no term', async () => {
    const { first } = leaders();
    const failing = first.journal.takeOver('e1', () => {
      throw new TypeError('cannot evolve');
    });
    await expect(failing).rejects.toThrow('cannot evolve');
    await expect(append(first, 'e1', 'a')).rejects.toThrow(JournalUncertainError);
    expect(await takeOver(first, 'e2')).toEqual(['1 e1', '2 e2']);
  });
}

/** Takes over a journal that was purged, and begins with what is left. */
async function goOn({ journal }: Leader, epoch: string): Promise<string[]> {
  const replayed: string[] = [];
  const onBatch = (sequence: number, batch: JournalBatch): void =>
    void replayed.push(shortly(sequence, batch));
  await journal.takeOver(epoch, onBatch, (first) => Promise.resolve(first));
  return replayed;
}

function describePurge(leaders: Leaders): void {
  it('removes what comes before a batch of the term; the replay begins with that one', async () => {
    const { world, first } = leaders();
    await takeOver(first, 'e1');
    for (const name of ['a', 'b', 'c']) await append(first, 'e1', name);
    await first.journal.purge(3);
    await first.journal.purge(3);
    await expect(first.journal.read(2)).rejects.toThrow(JournalCorruptError);
    expect(await append(first, 'e1', 'd')).toBe(5);
    const second = await world.leader();
    expect(await goOn(second, 'e2')).toEqual(['3 e1 b', '4 e1 c', '5 e1 d', '6 e2']);
    await second.journal.purge(6);
    expect(await goOn(await world.leader(), 'e3')).toEqual(['6 e2', '7 e3']);
  });

  it('judges what comes after by the batch that is the first: a late append of that term ends with it', async () => {
    const { world, first } = leaders();
    await takeOver(first, 'e1');
    await append(first, 'e1', 'a');
    const held = first.holdAppends();
    const stale = [errorOf(append(first, 'e1', 'refused')), errorOf(append(first, 'e1', 'lands'))];
    await first.journal.purge(2);
    const second = await world.leader();
    expect(await goOn(second, 'e2')).toEqual(['2 e1 a', '3 e2']);
    held.release();
    for (const fenced of stale) expect(await fenced).toBeInstanceOf(JournalFencedError);
    expect(await goOn(await world.leader(), 'e3')).toEqual(['2 e1 a', '3 e2', '5 e3']);
  });

  it('is refused up to what is not of the term, or not acknowledged, or without a term', async () => {
    const { world, first } = leaders();
    await expect(first.journal.purge(1)).rejects.toThrow(JournalFencedError);
    await takeOver(first, 'e1');
    await append(first, 'e1', 'a');
    await expect(first.journal.purge(3)).rejects.toThrow(JournalFencedError);
    const second = await world.leader();
    await takeOver(second, 'e2');
    await expect(second.journal.purge(2)).rejects.toThrow(JournalFencedError);
  });

  it('leaves what nobody vouches for: a takeover that is not told where to begin fails', async () => {
    const { world, first } = leaders();
    await takeOver(first, 'e1');
    await append(first, 'e1', 'a');
    await first.journal.purge(2);
    await expect(takeOver(await world.leader(), 'e2')).rejects.toThrow(JournalCorruptError);
  });

  it('lets a takeover begin where it is asked to, once the epoch stands', async () => {
    const { world, first } = leaders();
    await takeOver(first, 'e1');
    for (const name of ['a', 'b', 'c']) await append(first, 'e1', name);
    await first.journal.purge(2);
    const second = await world.leader();
    const replayed: string[] = [];
    const startAt = async (firstSequence: number): Promise<number> => {
      expect(firstSequence).toBe(2);
      await expect(append(first, 'e1', 'late')).rejects.toThrow(JournalFencedError);
      return 4;
    };
    const onBatch = (sequence: number, batch: JournalBatch): void =>
      void replayed.push(shortly(sequence, batch));
    expect(await second.journal.takeOver('e2', onBatch, startAt)).toBe(5);
    expect(replayed).toEqual(['4 e1 c', '5 e2']);
  });
}

function describeUncertainty(leaders: Leaders): void {
  it('is what an append whose acknowledgement is lost ends in; the replay has it', async () => {
    const { first } = leaders();
    await takeOver(first, 'e1');
    first.failNextAppends('lose-acknowledgement');
    await expect(append(first, 'e1', 'a')).rejects.toThrow(JournalUncertainError);
    expect(await takeOverFrom(first, 'e2')).toEqual(['1 e1', '2 e1 a']);
  });

  it.each(['lose', 'reject'] as const)(
    'is what an append ends in that meets "%s"; the replay lacks it',
    async (fault) => {
      const { first } = leaders();
      await takeOver(first, 'e1');
      first.failNextAppends(fault);
      const appends = [append(first, 'e1', 'a'), append(first, 'e1', 'b')];
      for (const uncertain of appends) await expect(uncertain).rejects.toThrow(JournalUncertainError);
      expect(await takeOver(first, 'e2')).toEqual(['1 e1', '2 e2']);
    },
  );

  it('lets no append through before the journal is taken over again', async () => {
    const { first } = leaders();
    await takeOver(first, 'e1');
    first.failNextAppends('lose-acknowledgement');
    await expect(append(first, 'e1', 'a')).rejects.toThrow(JournalUncertainError);
    await expect(append(first, 'e1', 'b')).rejects.toThrow(JournalUncertainError);
    expect(await takeOverFrom(first, 'e2')).toEqual(['1 e1', '2 e1 a']);
    expect(await append(first, 'e2', 'c')).toBeGreaterThan(3);
  });

  it('ends with the next term: what arrives late from the one before does not count', async () => {
    const { world, first } = leaders();
    await takeOver(first, 'e1');
    const held = first.holdAppends();
    const appends = [errorOf(append(first, 'e1', 'a')), errorOf(append(first, 'e1', 'b'))];
    held.giveUp();
    for (const uncertain of appends) expect(await uncertain).toBeInstanceOf(JournalUncertainError);
    expect(await takeOver(first, 'e2')).toEqual(['1 e1', '2 e2']);
    held.release();
    expect(await takeOver(await world.leader(), 'e3')).toEqual(['1 e1', '2 e2', '4 e3']);
  });
}

function describeReadAndClose(leaders: Leaders): void {
  it('reads one batch again', async () => {
    const { first } = leaders();
    await takeOver(first, 'e1');
    await append(first, 'e1', 'a');
    expect(await first.journal.read(1)).toEqual({ epoch: 'e1', entries: [] });
    expect(await first.journal.read(2)).toEqual(batchOf('e1', 'a'));
  });

  it('says which batch it cannot read', async () => {
    const { first } = leaders();
    await takeOver(first, 'e1');
    const error = await errorOf(first.journal.read(7));
    expect(error).toBeInstanceOf(JournalCorruptError);
    expect(error).toMatchObject({ partition: 0, sequence: 7 });
  });

  it('is verified while its leader writes, and by one that never led', async () => {
    const { world, first } = leaders();
    await takeOver(first, 'e1');
    await append(first, 'e1', 'a');
    const inFlight = append(first, 'e1', 'b');
    const verified: string[] = [];
    const { journal } = await world.leader();
    const last = await journal.verify((sequence, batch) => verified.push(shortly(sequence, batch)));
    expect(verified).toEqual(['1 e1', '2 e1 a', '3 e1 b'].slice(0, last));
    await inFlight;
    expect(await first.journal.verify(() => {})).toBe(3);
    expect(await append(first, 'e1', 'c')).toBe(4);
  });

  it('waits for appends in flight when it closes, and takes no more', async () => {
    const { first } = leaders();
    await takeOver(first, 'e1');
    const inFlight = [append(first, 'e1', 'a'), append(first, 'e1', 'b')];
    const closing = first.journal.close();
    await expect(append(first, 'e1', 'c')).rejects.toThrow(JournalFencedError);
    await closing;
    expect(await Promise.all(inFlight)).toEqual([2, 3]);
  });
}

function definitionOf(type: string, queries: string[]): WorkflowDefinition {
  return { type, handlers: [{ name: 'start', kind: 'start', timeoutMs: 5 }], queries };
}

function describeNamespace(world: () => JournalWorld): void {
  it('keeps the layout with which it was created', async () => {
    const created = { partitions: 3, replicas: 1, storage: 'file' } as const;
    expect(await world().store().open(created)).toEqual(created);
    expect(
      await world()
        .store()
        .open({ ...created, partitions: 5 }),
    ).toEqual(created);
  });

  it('is one for stores that create it at the same time', async () => {
    const wanted = [2, 3, 4, 5].map((partitions) => ({ ...LAYOUT, partitions }));
    const layouts = await Promise.all(wanted.map((layout) => world().store().open(layout)));
    expect(wanted).toContainEqual(layouts[0]);
    expect(new Set(layouts.map((layout) => layout.partitions)).size).toBe(1);
  });

  it('refuses a layout that cannot be', async () => {
    for (const wrong of [{ partitions: 0 }, { partitions: 1.5 }, { partitions: 5000 }, { replicas: 0 }]) {
      await expect(async () =>
        world()
          .store()
          .open({ ...LAYOUT, ...wrong }),
      ).rejects.toThrow(InvalidInputError);
    }
  });

  it('has the partitions of its layout and no other', async () => {
    const store = world().store();
    expect(() => store.partition(0)).toThrow(InvalidInputError);
    await store.open({ ...LAYOUT, partitions: 2 });
    expect(store.partition(1)).toBe(store.partition(1));
    for (const none of [-1, 0.5, 2]) expect(() => store.partition(none)).toThrow(InvalidInputError);
  });

  it('keeps the journals of its partitions apart', async () => {
    const store = world().store();
    await store.open({ ...LAYOUT, partitions: 2 });
    await store.partition(0).takeOver('e1', () => {});
    expect(await store.partition(1).takeOver('e2', () => {})).toBe(1);
  });

  it('keeps each workflow type once, as it was last saved, for every store', async () => {
    const [writer, reader] = [world().store(), world().store()];
    await writer.open(LAYOUT);
    await reader.open(LAYOUT);
    expect(await reader.definitions()).toEqual([]);
    const types = ['Order', 'order.v2 with spaces > *', 'Bestellung ü'];
    for (const type of types) await writer.saveDefinition(definitionOf(type, []));
    await writer.saveDefinition(definitionOf('Order', ['status']));
    const definitions = await reader.definitions();
    expect(definitions.map(({ type }) => type).toSorted()).toEqual(types.toSorted());
    expect(definitions.find(({ type }) => type === 'Order')).toEqual(definitionOf('Order', ['status']));
  });
}
