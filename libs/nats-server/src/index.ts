export { EmbeddedNatsCluster, type EmbeddedNatsClusterOptions } from './embedded-nats-cluster.js';
export { EmbeddedNatsServer } from './embedded-nats-server.js';
export type { EmbeddedNatsServerOptions } from './embedded-options.js';
export { type LocatedNatsServer, type LocateOptions, locateNatsServer, RELEASES_VARIABLE } from './locate.js';
export type { NatsServerEvent } from './nats-server-event.js';
export type { ClusterConfig } from './server-config.js';
export { NatsServerStartError, type NatsServerStartFailure } from './nats-server-start.error.js';
export { type Attempt, EXECUTABLE_VARIABLE, NatsServerUnavailableError } from './unavailable.error.js';
export { MINIMUM_NATS_SERVER_VERSION } from './version.js';
