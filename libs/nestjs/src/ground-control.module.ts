import { CoordinatorLink, FramePeer, GroundControlClient } from '@ground-control/client';
import { ValueCodec } from '@ground-control/protocol';
import { type DynamicModule, Global, Module } from '@nestjs/common';

import { ConnectionHost } from './connection.host.js';
import { ConfigurableModuleClass, RESOLVED_OPTIONS } from './module-definition.js';
import type { GroundControlModuleOptions } from './module-options.js';
import {
  clientProvider,
  linkProvider,
  peerProvider,
  resolvedOptionsProvider,
  valueCodecProvider,
} from './providers.js';
import { WorkerModule } from './worker.module.js';

/**
 * Brings Ground Control into an application: `GroundControlClient` can be injected everywhere, and every provider
 * with `@Workflow` is served.
 *
 * @example
 * ```ts
 * @Module({ imports: [GroundControlModule.forRoot({ servers: 'nats://nats.internal:4222' }), OrdersModule] })
 * export class AppModule {}
 * ```
 */
@Global()
@Module({
  imports: [WorkerModule],
  providers: [
    resolvedOptionsProvider,
    peerProvider,
    valueCodecProvider,
    linkProvider,
    clientProvider,
    ConnectionHost,
  ],
  exports: [GroundControlClient, FramePeer, CoordinatorLink, ValueCodec, RESOLVED_OPTIONS],
})
export class GroundControlModule extends ConfigurableModuleClass {
  /** @throws InvalidInputError at bootstrap, naming every option that is not valid */
  static override forRoot(options: GroundControlModuleOptions = {}): DynamicModule {
    return super.forRoot(options);
  }
}
