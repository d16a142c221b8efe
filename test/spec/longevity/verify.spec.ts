import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { verifyNamespace } from '@ground-control/journal';
import { type Context, type Directive, Start, Step, Workflow } from '@ground-control/nestjs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PATIENCE, SpecWorld } from '../support/spec-world.fixture.js';

@Workflow('Errand')
class ErrandWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.step(this.end);
  }

  @Step()
  async end(ctx: Context): Promise<Directive> {
    return ctx.next.complete('done');
  }
}

/** Lives through many checkpoints, so that its history is in chunks of its own. */
@Workflow('Nap')
class NapWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.wait({ timeout: '2s', onTimeout: this.over });
  }

  @Step()
  async over(ctx: Context): Promise<Directive> {
    return ctx.next.complete('awake');
  }
}

let world: SpecWorld;
let connection: NatsConnection;
beforeEach(async () => {
  const env = {
    GROUND_CONTROL_CHECKPOINT_INTERVAL: '200ms',
    GROUND_CONTROL_PURGE_DELAY: '300ms',
    GROUND_CONTROL_IDLE_AFTER: '100ms',
  };
  world = await SpecWorld.start([ErrandWorkflow, NapWorkflow], { server: { partitions: 2, env } });
  connection = await connect({ servers: world.server.servers });
});
afterEach(async () => {
  await connection?.close();
  await world?.stop();
});

it('is whole while runs begin, end and are archived, and names the run whose events were deleted', async () => {
  const naps = Array.from({ length: 5 }, () => world.client.run(NapWorkflow, {}));
  const load = new AbortController();
  const errands = Promise.all(
    Array.from({ length: 4 }, async () => {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      while (!load.signal.aborted) await world.client.run(ErrandWorkflow, {});
    }),
  );
  let histories = 0;
  let checkpoints = 0;
  try {
    await vi.waitUntil(async () => {
      const result = await verifyNamespace(connection, 'default');
      expect(result.findings).toEqual([]);
      histories = result.histories;
      checkpoints = Math.max(checkpoints, result.checkpoints);
      return histories > 100 && checkpoints > 0;
    }, PATIENCE);
    await Promise.all(naps);
  } finally {
    load.abort();
    await errands;
  }

  const { streams } = await jetstreamManager(connection);
  const { state } = await streams.info('GC_default_HISTORY');
  await streams.deleteMessage('GC_default_HISTORY', state.first_seq);
  const { findings } = await verifyNamespace(connection, 'default');
  expect(findings.length).toBeGreaterThan(0);
  for (const finding of findings) {
    expect(finding).toMatchObject({ where: 'history', runId: expect.any(String) });
    expect(finding.message).toMatch(/missing|before run\.started/);
  }
});
