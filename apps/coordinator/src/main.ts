#!/usr/bin/env node
import 'reflect-metadata';
import { CoordinatorHost, CoordinatorModule, coordinatorStrategy } from '@ground-control/orchestration';
import { ConsoleLogger, type INestMicroservice, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { exitWithParent } from './exit-with-parent.js';
import { type HealthAddress, readEnvironment } from './environment.js';

async function main(): Promise<void> {
  const { logLevels, json, health, ...options } = readEnvironment(process.env);
  const strategy = coordinatorStrategy(options);
  const app = await NestFactory.createMicroservice(CoordinatorModule.forRoot({ ...options, strategy }), {
    strategy,
    logger: new ConsoleLogger({ logLevels, json, colors: !json, prefix: 'GroundControl' }),
    abortOnError: false,
  });
  app.enableShutdownHooks();
  exitWithParent(app);
  // While it recovers it is alive already, and not ready.
  if (health) await serveProbes(app, health);
  await app.listen();
  new Logger('Coordinator').log('ready: every partition is served');
  process.send?.({ type: 'ready' });
}

/** Loads HTTP only where it is asked for. */
async function serveProbes(app: INestMicroservice, { address, port }: HealthAddress): Promise<void> {
  const { serveHealth } = await import('./health/serve-health.js');
  await serveHealth(app.get(CoordinatorHost), address, port);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `The coordinator could not start: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(1);
});
