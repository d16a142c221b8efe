import 'reflect-metadata';
import { type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import { GroundControlClient, GroundControlModule } from '../ground-control.js';
import type { Driver, DriverSettings } from '../harness/driver.js';
import { assertResult, payloadOf, type RunKind } from '../workloads.js';

/** Runs workflows through the client of the package, in an application that has no worker. */
export async function connect(settings: DriverSettings): Promise<Driver> {
  const app = await NestFactory.createApplicationContext(clientModule(settings), {
    logger: ['warn', 'error'],
  });
  const client = app.get(GroundControlClient);
  return {
    run: (kind, id, size) => run(client, kind, id, size),
    close: () => app.close(),
  };
}

function clientModule({ servers = '' }: DriverSettings): DynamicModule {
  return GroundControlModule.forRoot({ servers: servers.split(','), worker: false });
}

async function run(client: GroundControlClient, kind: RunKind, id: string, size = 1): Promise<void> {
  switch (kind) {
    case 'W1':
    case 'W2':
    case 'W3':
    case 'W4':
      return assertResult(kind, id, await client.run(kind, { id, input: payloadOf(id) }));
    case 'W5':
      return assertResult(kind, id, await waitForEvent(client, id));
    case 'wait':
      await client.start('W5', { id, input: payloadOf(id) });
      return;
    case 'start':
      // Delayed, so that nothing but the start is done.
      await client.start('W1', { id, input: payloadOf(id), delay: '1d' });
      return;
    case 'loop':
      await client.run('Loop', { id, input: size });
  }
}

async function waitForEvent(client: GroundControlClient, id: string): Promise<unknown> {
  const handle = await client.start('W5', { id, input: payloadOf(id) });
  await handle.send('go', payloadOf(id));
  return handle.result();
}
