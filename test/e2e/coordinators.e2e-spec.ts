import type { GroundControlClient } from '@ground-control/nestjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CoordinatorProcess } from '@ground-control/nestjs/testing';
import { ClusterWorld, signal } from '../cluster/cluster-world.js';
import { Load } from '../cluster/load.js';

const PARTITIONS = 6;
/** A request that is under way when a leader dies is answered by the next one within this time. */
const TAKEOVER_MS = 5_000;
const DEADLINE = { timeout: 20_000, interval: 50 };

let world: ClusterWorld;
let client: GroundControlClient;
let load: Load;

/** How many partitions each coordinator leads, by process id; fails while one has no leader. */
async function shares(): Promise<Map<number, number>> {
  const { partitions } = await client.cluster({ timeout: '500ms' });
  const counts = new Map<number, number>();
  for (const { leader } of partitions) {
    const pid = Number(leader?.identity.split(':').at(-1));
    counts.set(pid, (counts.get(pid) ?? 0) + 1);
  }
  return counts;
}

function untilShared(expected: readonly [CoordinatorProcess | undefined, number][]): Promise<void> {
  const wanted = new Map(expected.map(([coordinator, count]) => [coordinator?.pid ?? 0, count]));
  return vi.waitFor(async () => expect(await shares()).toEqual(wanted), DEADLINE);
}

/** Lets the load go on until so many more runs have ended. */
async function untilEnded(more: number): Promise<void> {
  const wanted = load.counts.ended + more;
  await vi.waitFor(() => expect(load.counts.ended).toBeGreaterThanOrEqual(wanted), DEADLINE);
}

/** Does something to the system under load, and gives the time that the slowest request took from then on. */
async function slowestWhile(act: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await act();
  await untilEnded(50);
  return Math.max(...load.slowest(since).map(({ tookMs }) => tookMs));
}

async function allIsWell(): Promise<void> {
  await load.end();
  expect(await load.violations(client)).toEqual([]);
}

async function start(coordinators: number): Promise<void> {
  world = await ClusterWorld.start({ natsServers: 1, coordinators, workers: 2, partitions: PARTITIONS });
  client = await world.newClient();
  load = new Load(world);
  load.begin([client, await world.newClient()], 8);
  await untilEnded(20);
}

describe('several coordinators under load', () => {
  beforeEach(() => start(2));
  afterEach(() => world.stop());

  it('share the partitions, also with one that joins, and take over what a killed one led', async () => {
    const [first, second] = world.coordinators;
    await untilShared([
      [first, 3],
      [second, 3],
    ]);
    const third = await world.startCoordinator();
    await untilShared([
      [first, 2],
      [second, 2],
      [third, 2],
    ]);
    const slowest = await slowestWhile(async () => first?.kill());
    console.log(`SIGKILL of a coordinator: slowest request ${slowest} ms`);
    expect(slowest).toBeLessThan(TAKEOVER_MS);
    await untilShared([
      [second, 3],
      [third, 3],
    ]);
    expect(await client.workers()).toHaveLength(2);
    await allIsWell();
  });

  it('take over what a paused one led, which then leads nothing until it has joined again', async () => {
    const [first, second] = world.coordinators;
    await untilShared([
      [first, 3],
      [second, 3],
    ]);
    const slowest = await slowestWhile(async () => first && signal(first, 'SIGSTOP'));
    console.log(`SIGSTOP of a coordinator: slowest request ${slowest} ms`);
    expect(slowest).toBeLessThan(TAKEOVER_MS);
    await untilShared([[second, 6]]);
    if (first) signal(first, 'SIGCONT');
    await untilShared([
      [first, 3],
      [second, 3],
    ]);
    expect(first?.output).toContain('took this one to be gone');
    await untilEnded(50);
    await allIsWell();
  });

  it('are replaced one after the other without a request of more than a second', async () => {
    const slowest = await slowestWhile(async () => {
      for (const coordinator of world.coordinators.slice()) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await world.startCoordinator();
        // oxlint-disable-next-line no-await-in-loop
        await coordinator.stop();
      }
    });
    console.log(`rolling restart: slowest request ${slowest} ms`);
    expect(slowest).toBeLessThan(1_000);
    const [, , third, fourth] = world.coordinators;
    await untilShared([
      [third, 3],
      [fourth, 3],
    ]);
    await allIsWell();
  });
});
