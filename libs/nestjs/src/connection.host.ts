import { FramePeer } from '@ground-control/client';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';

import { RESOLVED_OPTIONS } from './module-definition.js';
import { placeOf, type ResolvedModuleOptions } from './resolve-options.js';

/** Tells of the connection to NATS, and closes it when the application has shut down. */
@Injectable()
export class ConnectionHost implements OnApplicationShutdown {
  readonly #logger = new Logger('GroundControl');

  constructor(
    private readonly peer: FramePeer,
    @Inject(RESOLVED_OPTIONS) options: ResolvedModuleOptions,
  ) {
    const where = placeOf(options);
    this.#logger.log(`Connected to ${where}`);
    peer.onStatus((status) => {
      if (status === 'connected') this.#logger.log(`Connected again to ${where}`);
      if (status === 'disconnected')
        this.#logger.warn(`Lost the connection to ${where}; trying to reconnect`);
    });
    peer.onError((error) => this.#logger.error(error.message, error.stack));
  }

  // The last of Nest's hooks: what the worker reports while it drains still gets through.
  async onApplicationShutdown(): Promise<void> {
    await this.peer.close();
  }
}
