import { CoordinatorLink, FramePeer, GroundControlClient } from '@ground-control/client';
import { ValueCodec } from '@ground-control/protocol';
import { ClientRunLinks, WORKER_PARTS, WORKER_PROVIDERS, type WorkerParts } from '@ground-control/worker';
import { type FactoryProvider, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';

import { RESOLVED_OPTIONS } from './module-definition.js';
import type { ResolvedModuleOptions } from './resolve-options.js';

// Whether there is a worker is known when the options are, which a factory may make: without one there are no parts.
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

/** The application's worker. It is a module of its own, so that it starts last and ends first. */
@Module({
  imports: [DiscoveryModule],
  providers: [...WORKER_PROVIDERS, partsProvider],
})
export class WorkerModule {}
