import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoordinatorProcess } from '@ground-control/nestjs/testing';
import { EmbeddedNatsServer } from '@ground-control/nats-server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const DEADLINE = { timeout: 15_000, interval: 50 };

let folder: string;
let nats: EmbeddedNatsServer;
let coordinator: CoordinatorProcess;
let url: string;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function ask(
  what: 'live' | 'ready',
): Promise<[status: number, body: { status: string; info: unknown }]> {
  const answer = await fetch(`${url}/health/${what}`);
  return [answer.status, (await answer.json()) as { status: string; info: unknown }];
}

describe('the health of a coordinator', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ground-control-health-'));
    nats = await EmbeddedNatsServer.start({ storeDirectory: folder, restart: false });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    coordinator = await CoordinatorProcess.start({
      GROUND_CONTROL_SERVERS: nats.url,
      GROUND_CONTROL_PARTITIONS: '2',
      GROUND_CONTROL_HEALTH_PORT: String(port),
      GROUND_CONTROL_LOG_FORMAT: 'json',
    });
  });
  afterAll(async () => {
    await coordinator.kill();
    await nats.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is live, and ready once it serves what it leads', async () => {
    expect(await ask('live')).toMatchObject([
      200,
      { status: 'ok', info: { nats: { connection: 'connected' } } },
    ]);
    const [status, { info }] = await ask('ready');
    expect(status).toBe(200);
    expect(info).toMatchObject({ coordinator: { leads: [0, 1], serves: [0, 1], troubles: [] } });
  });

  it('writes its log as one JSON object a line where that is asked for', async () => {
    const lines = coordinator.output.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'log',
        context: 'Coordinator',
        message: 'ready: every partition is served',
        timestamp: expect.any(Number),
      }),
    );
  });

  it('is live and not ready while NATS is away, and ready when it is back', async () => {
    await nats.kill();
    await vi.waitFor(async () => expect((await ask('ready'))[0]).toBe(503), DEADLINE);
    expect((await ask('live'))[0]).toBe(200);
    await nats.restart();
    await vi.waitFor(async () => expect((await ask('ready'))[0]).toBe(200), DEADLINE);
  });
});
