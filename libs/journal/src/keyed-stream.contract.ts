/*
 * What every store of checkpoints, histories and rows keeps, whatever it is stored in. A storage runs this suite by
 * telling how it is started.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PayloadTooLargeError } from '@ground-control/protocol';
import { JournalFencedError } from './journal-errors.js';
import type { JournalStore } from './journal.js';
import type { KeyedRecord, KeyedStream } from './keyed-stream.js';

/** A storage with nothing in it: `store` is open and has two partitions. */
export interface KeyedStreamWorld {
  store: JournalStore;
  close(): Promise<void>;
}

export const KEYED_LAYOUT = { partitions: 2, replicas: 1, storage: 'file' } as const;

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const textOf = (body: Uint8Array): string => Buffer.from(body).toString();
const shortly = ({ key, body }: KeyedRecord): string => `${key} ${textOf(body)}`;
const whole = (record: KeyedRecord | undefined): object | undefined =>
  record && { ...record, body: textOf(record.body) };

async function all(stream: KeyedStream, key?: string): Promise<string[]> {
  const read: string[] = [];
  const until = await stream.lastSequence();
  await stream.read({ key, from: 1, until }, (record) => read.push(shortly(record)));
  return read;
}

/** Runs the suite. */
export function describeKeyedStream(storage: string, startWorld: () => Promise<KeyedStreamWorld>): void {
  let world: KeyedStreamWorld;
  let state: KeyedStream;
  let history: KeyedStream;
  beforeEach(async () => {
    world = await startWorld();
    state = world.store.records('state', 0);
    history = world.store.records('history', 0);
  });
  afterEach(() => world.close());

  describe(`keyed records in ${storage}`, () => {
    it('are read back by key, by sequence and in order', async () => {
      const first = await history.put('a', bytes('1'));
      await history.put('b', bytes('2'));
      const third = await history.put('a', bytes('3'));
      expect(third).toBeGreaterThan(first);
      expect(whole(await history.last('a'))).toEqual({ sequence: third, key: 'a', body: '3' });
      expect(whole(await history.get(first))).toEqual({ sequence: first, key: 'a', body: '1' });
      expect(await history.last('c')).toBeUndefined();
      expect(await history.get(99)).toBeUndefined();
      expect(await history.next('a', first + 1)).toMatchObject({ sequence: third });
      expect(await history.next('a', third + 1)).toBeUndefined();
      expect(await all(history)).toEqual(['a 1', 'b 2', 'a 3']);
      expect(await all(history, 'a')).toEqual(['a 1', 'a 3']);
      const rest: string[] = [];
      await history.read({ from: first + 1, until: third }, (record) => rest.push(shortly(record)));
      expect(rest).toEqual(['b 2', 'a 3']);
    });

    it('keep the order of puts that are under way together, and read many', async () => {
      const names = Array.from({ length: 3_000 }, (_, index) => `n${index}`);
      await Promise.all(names.map((name) => history.put('a', bytes(name))));
      expect(await all(history, 'a')).toEqual(names.map((name) => `a ${name}`));
    });

    it('are of one partition', async () => {
      const other = world.store.records('history', 1);
      await history.put('a', bytes('mine'));
      await other.put('a', bytes('theirs'));
      await history.put('a', bytes('mine too'));
      expect(await all(history)).toEqual(['a mine', 'a mine too']);
      expect(whole(await other.last('a'))).toMatchObject({ body: 'theirs' });
    });

    it('of the state are the last of each key alone', async () => {
      await state.put('a', bytes('1'));
      await state.put('b', bytes('2'));
      await state.put('a', bytes('3'));
      expect(await all(state)).toEqual(['b 2', 'a 3']);
    });

    it('are put only when the expected record is the last of its key, which may be another', async () => {
      const fence = await state.put('marker', bytes('f'), { expect: { key: 'marker', sequence: 0 } });
      await state.put('a', bytes('1'), { expect: { key: 'marker', sequence: fence } });
      await state.put('marker', bytes('g'), { expect: { key: 'marker', sequence: fence } });
      const late = state.put('a', bytes('2'), { expect: { key: 'marker', sequence: fence } });
      await expect(late).rejects.toThrow(JournalFencedError);
      const second = state.put('b', bytes('3'), { expect: { key: 'a', sequence: 0 } });
      await expect(second).rejects.toThrow(JournalFencedError);
      expect(await all(state)).toEqual(['a 1', 'marker g']);
    });

    it('are removed with their key', async () => {
      await history.put('a', bytes('1'));
      await history.put('b', bytes('2'));
      await history.remove('a');
      await history.remove('a');
      expect(await all(history)).toEqual(['b 2']);
    });

    it('go by themselves when their time is over', async () => {
      await history.put('a', bytes('1'), { ttlMs: 1_000 });
      await history.put('b', bytes('2'), { ttlMs: 3_600_000 });
      expect(await all(history)).toEqual(['a 1', 'b 2']);
      await vi.waitUntil(async () => (await history.last('a')) === undefined, {
        timeout: 10_000,
        interval: 100,
      });
      expect(await all(history)).toEqual(['b 2']);
    });

    it('are refused when they are too large, and nothing is sent', async () => {
      const large = new Uint8Array(history.maxRecordBytes + 1);
      await expect(history.put('a', large)).rejects.toThrow(PayloadTooLargeError);
      await history.put('a', large.subarray(1));
      expect((await history.last('a'))?.body).toHaveLength(history.maxRecordBytes);
    });
  });
}
