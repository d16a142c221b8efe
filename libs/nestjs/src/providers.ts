import { CoordinatorLink, FramePeer, GroundControlClient } from '@ground-control/client';
import { ValueCodec } from '@ground-control/protocol';
import { checkStartInput } from '@ground-control/worker';
import { workflowTypeOf } from '@ground-control/workflow';
import type { FactoryProvider } from '@nestjs/common';

import { MODULE_OPTIONS, RESOLVED_OPTIONS } from './module-definition.js';
import type { GroundControlModuleOptions } from './module-options.js';
import { offlinePeer } from './offline-peer.js';
import { placeOf, type ResolvedModuleOptions, resolveOptions } from './resolve-options.js';

export const resolvedOptionsProvider: FactoryProvider<ResolvedModuleOptions> = {
  provide: RESOLVED_OPTIONS,
  inject: [MODULE_OPTIONS],
  useFactory: (options: GroundControlModuleOptions) => resolveOptions(options, process.env),
};

/** The application starts when NATS is there, and not without it; unless it is only built, to look at it. */
export const peerProvider: FactoryProvider<Promise<FramePeer>> = {
  provide: FramePeer,
  inject: [RESOLVED_OPTIONS],
  useFactory: async ({ servers, namespace, connection, requestTimeoutMs, worker }: ResolvedModuleOptions) =>
    process.env['GROUND_CONTROL_OFFLINE'] === '1'
      ? offlinePeer(namespace)
      : FramePeer.connect({
          role: worker ? 'worker' : 'client',
          servers,
          namespace,
          connection,
          requestTimeoutMs,
          connectTimeoutMs: requestTimeoutMs,
        }),
};

export const valueCodecProvider: FactoryProvider<ValueCodec> = {
  provide: ValueCodec,
  inject: [RESOLVED_OPTIONS],
  useFactory: ({ codec }: ResolvedModuleOptions) => new ValueCodec(codec),
};

export const linkProvider: FactoryProvider<CoordinatorLink> = {
  provide: CoordinatorLink,
  inject: [FramePeer, ValueCodec, RESOLVED_OPTIONS],
  useFactory: (peer: FramePeer, values: ValueCodec, options: ResolvedModuleOptions) =>
    new CoordinatorLink(peer, values, {
      requestTimeoutMs: options.requestTimeoutMs,
      where: placeOf(options),
    }),
};

export const clientProvider: FactoryProvider<GroundControlClient> = {
  provide: GroundControlClient,
  inject: [CoordinatorLink, ValueCodec],
  useFactory: (link: CoordinatorLink, values: ValueCodec) =>
    new GroundControlClient(link, values, workflowTypeOf, checkStartInput),
};
