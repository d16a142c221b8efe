import { CoordinatorLink, FramePeer, GroundControlClient } from '@ground-control/client';
import { ValueCodec } from '@ground-control/protocol';
import {
  ClientRunLinks,
  WORKER_PARTS,
  WORKER_PROVIDERS,
  type WorkerParts,
  WorkerRegistrar,
  WorkflowExplorer,
} from '@ground-control/worker';
import { type FactoryProvider, Module } from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';

import { RESOLVED_OPTIONS } from './module-definition.js';
import type { ResolvedModuleOptions } from './resolve-options.js';

const partsProvider: FactoryProvider<WorkerParts | undefined> = {
  provide: WORKER_PARTS,
  inject: [FramePeer, ValueCodec, CoordinatorLink, GroundControlClient, RESOLVED_OPTIONS],
  useFactory: (
    link: FramePeer,
    values: ValueCodec,
    coordinators: CoordinatorLink,
    client: GroundControlClient,
    { worker }: ResolvedModuleOptions,
  ) => worker && { link, values, runs: new ClientRunLinks(coordinators, client), options: worker },
};

// Whether there is a worker is known when the options are, which a factory may make.
const registrarProvider: FactoryProvider<WorkerRegistrar | undefined> = {
  provide: WorkerRegistrar,
  inject: [WorkflowExplorer, WORKER_PARTS, ModulesContainer],
  useFactory: (explorer: WorkflowExplorer, parts: WorkerParts | undefined, modules: ModulesContainer) =>
    parts && new WorkerRegistrar(explorer, parts, modules),
};

/** The application's worker. It is a module of its own, so that it starts last and ends first. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    ...WORKER_PROVIDERS.filter((provider) => provider !== WorkerRegistrar),
    partsProvider,
    registrarProvider,
  ],
})
export class WorkerModule {}
