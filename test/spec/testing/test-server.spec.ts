import 'reflect-metadata';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GroundControlClient, GroundControlModule } from '@ground-control/nestjs';
import { GroundControlTestServer } from '@ground-control/nestjs/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it, vi } from 'vitest';

describe('GroundControlTestServer', () => {
  let server: GroundControlTestServer | undefined;
  let app: INestApplicationContext | undefined;

  afterEach(async () => {
    await app?.close();
    await server?.stop();
    app = server = undefined;
    vi.unstubAllEnvs();
  });

  async function clientOf({ servers, namespace }: GroundControlTestServer): Promise<GroundControlClient> {
    const options = { servers, namespace, worker: false as const, requestTimeout: '20s' as const };
    app = await NestFactory.createApplicationContext(GroundControlModule.forRoot(options), { logger: false });
    return app.get(GroundControlClient);
  }

  it('serves a namespace of its own', async () => {
    server = await GroundControlTestServer.start({ namespace: 'mine', partitions: 2 });
    expect(server.servers).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
    expect(server.namespace).toBe('mine');
    await expect((await clientOf(server)).list()).resolves.toEqual({ runs: [] });
  });

  it('answers nobody while its coordinator is dead, and then those who waited', async () => {
    server = await GroundControlTestServer.start();
    const client = await clientOf(server);
    await server.killCoordinator();
    const outcomes: unknown[] = [];
    const waiting = client.workers();
    void waiting.then((workers) => outcomes.push(workers));
    // Dead is dead: to kill it again changes nothing.
    await server.killCoordinator();
    expect(outcomes).toEqual([]);
    await server.startCoordinator();
    await expect(waiting).resolves.toEqual([]);
  });

  it('comes back at the same address after its NATS server was killed', async () => {
    server = await GroundControlTestServer.start();
    const client = await clientOf(server);
    await server.killNats();
    const waiting = client.workers();
    await server.startNats();
    await expect(waiting).resolves.toEqual([]);
  });

  it('says what the coordinator said when it does not get ready, and leaves nothing behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'test-server-'));
    vi.stubEnv('TMPDIR', folder);
    const started = GroundControlTestServer.start({ env: { GROUND_CONTROL_PARTITIONS: 'many' } });
    await expect(started).rejects.toThrow(/GROUND_CONTROL_PARTITIONS/);
    await expect(readdir(folder)).resolves.toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('refuses options that are not valid', async () => {
    await expect(GroundControlTestServer.start({ namespace: 'a.b' })).rejects.toThrow('namespace "a.b"');
    const options = { leaseDuration: -1 };
    await expect(GroundControlTestServer.start(options)).rejects.toThrow('leaseDuration');
  });

  it('may be stopped twice', async () => {
    server = await GroundControlTestServer.start();
    await server.stop();
    await expect(server.stop()).resolves.toBeUndefined();
  });
});
