import { beforeAll, describe, expect, it } from 'vitest';
import type { SharedTable } from './shared-table.js';

/** A storage, and the tables of the coordinators that share it. */
export interface SharedTableWorld {
  table(): Promise<SharedTable>;
  close(): Promise<void>;
}

/** What every {@link SharedTable} does. */
export function describeSharedTable(adapter: string, startWorld: () => Promise<SharedTableWorld>): void {
  describe(`a shared table (${adapter})`, () => {
    let world: SharedTableWorld;
    let one: SharedTable;
    let other: SharedTable;
    let names = 0;

    beforeAll(async () => {
      world = await startWorld();
      [one, other] = [await world.table(), await world.table()];
      return () => world.close();
    });

    const newKey = (): string => `leader.${++names}`;

    it('writes a key that is not there, once', async () => {
      const key = newKey();
      const revision = await one.put(key, 'mine', 0);
      expect(revision).toBeGreaterThan(0);
      expect(await other.put(key, 'theirs', 0)).toBeUndefined();
      expect(await other.get(key)).toEqual({ key, value: 'mine', revision });
    });

    it('replaces only the revision that the writer names', async () => {
      const key = newKey();
      const first = (await one.put(key, 'a', 0)) ?? 0;
      const second = (await other.put(key, 'b', first)) ?? 0;
      expect(second).toBeGreaterThan(first);
      expect(await one.put(key, 'c', first)).toBeUndefined();
      expect(await one.get(key)).toEqual({ key, value: 'b', revision: second });
    });

    it('lets one of many that replace the same revision succeed', async () => {
      const key = newKey();
      const revision = (await one.put(key, 'start', 0)) ?? 0;
      const tries = Array.from({ length: 10 }, (_, index) =>
        (index % 2 ? one : other).put(key, `${index}`, revision),
      );
      const written = (await Promise.all(tries)).filter((result) => result !== undefined);
      expect(written).toHaveLength(1);
    });

    it('removes only the revision that the writer names', async () => {
      const key = newKey();
      const first = (await one.put(key, 'a', 0)) ?? 0;
      const second = (await one.put(key, 'b', first)) ?? 0;
      expect(await other.remove(key, first)).toBe(false);
      expect(await other.remove(key, second)).toBe(true);
      expect(await one.get(key)).toBeUndefined();
      expect(await one.put(key, 'c', second)).toBeUndefined();
    });

    it('writes a removed key anew', async () => {
      const key = newKey();
      const first = (await one.put(key, 'a', 0)) ?? 0;
      await one.remove(key, first);
      const again = await other.put(key, 'b', 0);
      expect(again).toBeGreaterThan(first);
      expect(await one.get(key)).toEqual({ key, value: 'b', revision: again });
    });

    it('reads leases and coordinators, without those that were removed', async () => {
      const [kept, removed] = [newKey(), newKey()];
      const revision = await one.put(kept, 'kept', 0);
      const coordinator = `coordinator.c${names}`;
      await one.put(coordinator, 'a coordinator', 0);
      await one.remove(removed, (await one.put(removed, 'gone', 0)) ?? 0);
      const entries = await other.read();
      expect(entries).toContainEqual({ key: kept, value: 'kept', revision });
      const keys = entries.map(({ key }) => key);
      expect(keys).toContain(coordinator);
      expect(keys).not.toContain(removed);
    });

    it('reads nothing of what else is kept beside it', async () => {
      const keys = (await one.read()).map(({ key }) => key);
      expect(keys.filter((key) => !/^(leader|coordinator)\./.test(key))).toEqual([]);
    });
  });
}
