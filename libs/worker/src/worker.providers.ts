import { WorkflowMetadataAccessor } from '@ground-control/workflow';
import type { Provider } from '@nestjs/common';
import { HandlerInvoker } from './handler-invoker.js';
import { WorkerRegistrar } from './worker.registrar.js';
import { WorkflowExplorer } from './workflow.explorer.js';

/**
 * The providers of a worker. Their module imports Nest's `DiscoveryModule`, provides `WORKER_PARTS`, and holds nothing
 * else (see {@link WorkerRegistrar}).
 */
export const WORKER_PROVIDERS: Provider[] = [
  WorkflowMetadataAccessor,
  WorkflowExplorer,
  HandlerInvoker,
  WorkerRegistrar,
];
