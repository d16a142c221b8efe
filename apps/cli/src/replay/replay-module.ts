import { importEvents } from '@ground-control/client';
import { InvalidInputError, ValueCodec } from '@ground-control/protocol';
import { HandlerInvoker, replayHistory, type ReplayReport, WorkflowExplorer } from '@ground-control/worker';
import { WorkflowMetadataAccessor } from '@ground-control/workflow';
import type { INestMicroservice, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';

import { loadModule } from './module-file.js';
import type { ReplayTask } from './messages.js';

/**
 * Replays a history with the workflows of a module. Its application is built and not started: no hook of a life cycle
 * runs, and Ground Control connects to nothing.
 *
 * @throws InvalidInputError when the history or the module is not what it should be
 */
export async function replayModule(
  task: ReplayTask,
  onStep: (step: string, index: number, of: number) => void,
): Promise<ReplayReport> {
  process.env['GROUND_CONTROL_OFFLINE'] = '1';
  const events = importEvents(task.events);
  const app = await build(await loadModule(task.module, task.export));
  const workflows = app.get(WorkflowExplorer).explore();
  return replayHistory(events, workflows, codecOf(app), onStep);
}

async function build(module: Type): Promise<INestMicroservice> {
  const providers = [WorkflowMetadataAccessor, WorkflowExplorer, HandlerInvoker];

  @Module({ imports: [DiscoveryModule, module], providers })
  class ReplayModule {}

  try {
    return await NestFactory.createMicroservice(ReplayModule, {
      strategy: { listen: () => {}, close: () => {} },
      logger: ['error', 'fatal'],
      abortOnError: false,
    });
  } catch (error) {
    throw new InvalidInputError(`${module.name} cannot be built: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** That of the application, which may encrypt. */
function codecOf(app: INestMicroservice): ValueCodec {
  try {
    return app.get(ValueCodec, { strict: false });
  } catch {
    return new ValueCodec();
  }
}
