import { type Context, type Directive, OnEvent, Start, Workflow } from '@ground-control/nestjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { served } from '../support/served-app.fixture.js';
import { PATIENCE, SpecWorld } from '../support/spec-world.fixture.js';

@Workflow('Parcel')
class ParcelWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.wait();
  }
  @OnEvent('delivered')
  async delivered(ctx: Context): Promise<Directive> {
    return ctx.next.complete();
  }
}

const APP = served([ParcelWorkflow]);
const RUNS = 8;
let world: SpecWorld;
beforeAll(async () => {
  world = await SpecWorld.start(APP, { server: { partitions: 3 } });
});
afterAll(() => world?.stop());

async function waiting(): Promise<number> {
  const { partitions } = await world.client.cluster();
  return partitions
    .flatMap(({ active }) => active)
    .reduce((sum, { status, runs }) => sum + (status === 'waiting' ? runs : 0), 0);
}

describe('what is told of the cluster', () => {
  it('names the leader of each partition, and how the namespace is kept', async () => {
    const cluster = await world.client.cluster();
    const [coordinator] = cluster.coordinators;
    expect(cluster).toMatchObject({ replicas: 1, storage: 'file', coordinators: [{ id: coordinator?.id }] });
    expect(cluster.nats.version).toMatch(/^2\./);
    expect(cluster.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2]);
    for (const partition of cluster.partitions) {
      expect(partition.leader).toEqual(coordinator);
      expect(partition.since?.getTime()).toBeGreaterThanOrEqual(coordinator?.startedAt.getTime() ?? Infinity);
    }
  });

  it('counts the runs that have not ended', async () => {
    const ids = Array.from({ length: RUNS }, (_, index) => `parcel ${index}`);
    await Promise.all(ids.map((id) => world.client.start(ParcelWorkflow, { id })));
    await vi.waitUntil(async () => (await waiting()) === RUNS, PATIENCE);
    await world.client.handle('parcel 0').send('delivered');
    await world.client.handle('parcel 0').result();
    await expect(waiting()).resolves.toBe(RUNS - 1);
  });
});
