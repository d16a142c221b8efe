import { setTimeout as delay } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Worker, type WorkerParts } from './worker.js';
import { WorkflowExplorer } from './workflow.explorer.js';

/** How long an application that boots waits for its worker to be registered, in milliseconds. */
const BOOTSTRAP_PATIENCE_MS = 5_000;

/** Provides the {@link WorkerParts}; undefined where nothing is to be served. */
export const WORKER_PARTS: unique symbol = Symbol('ground-control:worker-parts');

/**
 * Starts the application's worker, and drains it when the application closes.
 *
 * Nest starts modules in the order of their distance, farthest first, and closes them the other way round. The module
 * of the registrar is put nearest of all: every other is ready before the first step runs, and still is when the last
 * one ends. It should therefore be a module of its own.
 */
@Injectable()
export class WorkerRegistrar implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger('Worker');
  private worker: Worker | undefined;
  private stopping: Promise<void> | undefined;

  constructor(
    private readonly explorer: WorkflowExplorer,
    @Inject(WORKER_PARTS) private readonly parts: WorkerParts | undefined,
    modules: ModulesContainer,
  ) {
    for (const module of modules.values()) if (module.hasProvider(WorkerRegistrar)) module.distance = 0;
  }

  /**
   * Returns when the worker is registered, so that an application that has booted can start what it serves; but an
   * application boots without a coordinator too.
   *
   * @throws InvalidWorkflowError when the application's workflows are not well-formed
   */
  async onApplicationBootstrap(): Promise<void> {
    if (!this.parts) return;
    const workflows = this.explorer.explore();
    if (workflows.size === 0)
      return this.logger.warn('No provider is a @Workflow class: there is nothing to serve.');
    this.logger.log(`Serving ${[...workflows.keys()].join(', ')}.`);
    this.worker = new Worker(workflows, this.parts);
    this.worker.start();
    await Promise.race([this.worker.registered, delay(BOOTSTRAP_PATIENCE_MS, undefined, { ref: false })]);
  }

  onModuleDestroy(): Promise<void> {
    return this.stop();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  private stop(): Promise<void> {
    return (this.stopping ??= this.worker?.stop() ?? Promise.resolve());
  }
}
