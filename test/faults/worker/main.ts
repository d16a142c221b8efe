import 'reflect-metadata';
import { appendFileSync } from 'node:fs';
import { GroundControlModule } from '@ground-control/nestjs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { LogLine } from '../../checker/index.js';
import { ChildWorkflow, ParentWorkflow } from '../../sim/workload/family.workflow.js';
import { far } from '../../sim/workload/far-end.js';
import { OrderWorkflow } from '../../sim/workload/order.workflow.js';
import { SimTasks } from '../../sim/workload/sim-tasks.js';

const ledger = process.env['LEDGER'];
const namespace = process.env['GROUND_CONTROL_NAMESPACE'] ?? 'default';
if (!ledger) throw new Error('LEDGER must name a file');

/** Written at once: it survives a SIGKILL. */
far.note = (entry) => {
  const line: LogLine = { type: 'ledger', ...entry };
  appendFileSync(ledger, `${JSON.stringify(line)}\n`);
};

@Module({
  imports: [GroundControlModule.forRoot({ namespace, worker: { concurrency: 20 } })],
  providers: [SimTasks, OrderWorkflow, ParentWorkflow, ChildWorkflow],
})
class WorkerModule {}

const app = await NestFactory.createApplicationContext(WorkerModule, { logger: ['error'] });
app.enableShutdownHooks();
process.once('disconnect', () => process.exit(0));
process.send?.({ type: 'ready' });
