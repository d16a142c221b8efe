import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import { GroundControlModule } from '../ground-control.js';
import { setting, workerIsReady } from '../harness/worker-process.js';
import { BENCH_PROVIDERS } from './workflows.js';

@Module({
  imports: [
    GroundControlModule.forRoot({
      servers: setting('GROUND_CONTROL_SERVERS').split(','),
      worker: { concurrency: Number(setting('CONCURRENCY')) },
    }),
  ],
  providers: BENCH_PROVIDERS,
})
class WorkerModule {}

const app = await NestFactory.createApplicationContext(WorkerModule, { logger: ['warn', 'error'] });
workerIsReady(() => app.close());
