import 'reflect-metadata';
import { HandlerInvoker, type Worker, WorkflowExplorer } from '@ground-control/worker';
import { WorkflowMetadataAccessor } from '@ground-control/workflow';
import { Module } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { ChildWorkflow, ParentWorkflow } from './family.workflow.js';
import { LongWorkflow } from './long.workflow.js';
import { OrderWorkflow } from './order.workflow.js';
import { SimTasks } from './sim-tasks.js';

/** The workflows of an application, as its worker serves them. */
export type Workflows = ConstructorParameters<typeof Worker>[0];

@Module({
  imports: [DiscoveryModule],
  providers: [
    WorkflowMetadataAccessor,
    WorkflowExplorer,
    HandlerInvoker,
    SimTasks,
    OrderWorkflow,
    ParentWorkflow,
    ChildWorkflow,
    LongWorkflow,
  ],
})
class WorkloadModule {}

/** Builds the application of the simulated workers: one for all simulations, since it holds nothing of a run. */
export async function exploreWorkload(): Promise<Workflows> {
  const application = await NestFactory.createApplicationContext(WorkloadModule, { logger: false });
  return application.get(WorkflowExplorer).explore();
}
