import { MemorySharedStorage, MemorySharedTable } from '@ground-control/journal';
import { array, assert, asyncProperty, constantFrom, integer, record } from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Election } from './election.js';

const LEASE_MS = 3_000;
const PARTITIONS = 4;
const SILENT = { log: () => {}, warn: () => {}, error: () => {} };

/** A coordinator as the election sees it, and what it leads. */
class Node {
  readonly table: MemorySharedTable;
  readonly leads = new Set<number>();
  readonly epochs: number[] = [];
  readonly election: Election;

  constructor(
    readonly id: string,
    storage: MemorySharedStorage,
    others: Node[],
  ) {
    this.table = new MemorySharedTable(storage);
    this.election = new Election({
      table: this.table,
      partitions: PARTITIONS,
      leaseMs: LEASE_MS,
      self: { id, peer: `peer-${id}`, identity: id, startedAt: 0 },
      logger: SILENT,
      candidate: {
        lead: (partition, epoch) => {
          this.leads.add(partition);
          this.epochs.push(epoch);
        },
        yield: (partition) => {
          this.leads.delete(partition);
          return Promise.resolve();
        },
        changed: () => {
          for (const other of others) if (other !== this) other.election.wake();
        },
      },
    });
    others.push(this);
  }

  /** What it would answer for. */
  get answersFor(): number[] {
    return this.election.valid ? [...this.leads] : [];
  }
}

let storage: MemorySharedStorage;
let nodes: Node[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'Date'] });
  storage = new MemorySharedStorage();
  nodes = [];
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

async function join(id: string): Promise<Node> {
  const node = new Node(id, storage, nodes);
  void node.election.start();
  await pass(LEASE_MS);
  return node;
}

const sizes = (): number[] => nodes.map(({ leads }) => leads.size);

describe('an election', () => {
  it('gives a lone coordinator everything, at once', async () => {
    const node = new Node('a', storage, nodes);
    let ready = false;
    void node.election.start().then(() => (ready = true));
    await pass(1);
    expect([...node.leads]).toEqual([0, 1, 2, 3]);
    expect(ready).toBe(true);
  });

  it('shares with those that join, and moves only what it must', async () => {
    const a = await join('a');
    await join('b');
    expect(sizes()).toEqual([2, 2]);
    expect([...a.leads]).toEqual([0, 1]);
    await join('c');
    expect(sizes().toSorted((one, other) => one - other)).toEqual([1, 1, 2]);
  });

  it('hands over at once what a coordinator leads that stops', async () => {
    const a = await join('a');
    const b = await join('b');
    await a.election.stop();
    await pass(1);
    expect(a.leads.size).toBe(0);
    expect(b.leads.size).toBe(PARTITIONS);
  });

  it('hands over after a lease what one leads that is gone, which did not answer for it by then', async () => {
    const a = await join('a');
    const b = await join('b');
    a.table.cutOff = true;
    await pass(0.9 * LEASE_MS);
    expect(a.answersFor).toEqual([]);
    expect(b.leads.size).toBe(2);
    await pass(0.7 * LEASE_MS);
    expect(b.leads.size).toBe(PARTITIONS);
  });

  it('lets one that was taken for gone lead nothing but what it is given anew', async () => {
    const a = await join('a');
    await join('b');
    a.table.cutOff = true;
    await pass(2 * LEASE_MS);
    expect([...a.leads]).toEqual([0, 1]);
    a.table.cutOff = false;
    const epochs = a.epochs.length;
    await pass(LEASE_MS);
    expect(sizes()).toEqual([2, 2]);
    expect(a.epochs.length).toBeGreaterThan(epochs);
    expect(Math.min(...a.epochs.slice(epochs))).toBeGreaterThan(1);
  });

  it('changes nothing when nobody can reach the table for a while', async () => {
    const [a, b] = [await join('a'), await join('b')];
    const before = [[...a.leads], [...b.leads]];
    a.table.cutOff = b.table.cutOff = true;
    await pass(5 * LEASE_MS);
    a.table.cutOff = b.table.cutOff = false;
    await pass(2 * LEASE_MS);
    expect([[...a.leads], [...b.leads]]).toEqual(before);
    expect(a.answersFor).toHaveLength(2);
  });

  it('lets a process take the place of an earlier one of its id at once', async () => {
    const earlier = await join('a');
    earlier.table.cutOff = true;
    const successor = new Node('a', storage, []);
    void successor.election.start();
    await pass(1);
    expect(successor.leads.size).toBe(PARTITIONS);
  });

  it('never has two coordinators answer for one partition, whatever is cut off when', async () => {
    const step = record({
      node: integer({ min: 0, max: 2 }),
      what: constantFrom('cut' as const, 'mend' as const, 'nothing' as const),
      ms: integer({ min: 10, max: 4_000 }),
    });
    await assert(
      asyncProperty(array(step, { maxLength: 25 }), async (steps) => {
        storage = new MemorySharedStorage();
        nodes = [];
        for (const id of ['a', 'b', 'c']) await join(id);
        for (const { node, what, ms } of steps) {
          const table = nodes[node]?.table;
          if (table && what !== 'nothing') table.cutOff = what === 'cut';
          for (let passed = 0; passed < ms; passed += 50) {
            await pass(50);
            const answered = nodes.flatMap(({ answersFor }) => answersFor);
            expect(new Set(answered).size).toBe(answered.length);
          }
        }
        for (const { table } of nodes) table.cutOff = false;
        await pass(4 * LEASE_MS);
        expect(sizes().toSorted((one, other) => one - other)).toEqual([1, 1, 2]);
        await Promise.all(nodes.map(({ election }) => election.stop()));
      }),
      { numRuns: 30 },
    );
  });
});
