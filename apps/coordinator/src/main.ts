#!/usr/bin/env node
import 'reflect-metadata';
import { CoordinatorModule, coordinatorStrategy } from '@ground-control/orchestration';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { exitWithParent } from './exit-with-parent.js';
import { readEnvironment } from './environment.js';

async function main(): Promise<void> {
  const { logLevels, ...options } = readEnvironment(process.env);
  const strategy = coordinatorStrategy(options);
  const app = await NestFactory.createMicroservice(CoordinatorModule.forRoot({ ...options, strategy }), {
    strategy,
    logger: new ConsoleLogger({ logLevels, prefix: 'GroundControl' }),
    abortOnError: false,
  });
  app.enableShutdownHooks();
  exitWithParent(app);
  await app.listen();
  new Logger('Coordinator').log('ready: every partition is served');
  process.send?.({ type: 'ready' });
}

main().catch((error: unknown) => {
  process.stderr.write(
    `The coordinator could not start: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(1);
});
