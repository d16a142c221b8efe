import type { Duration, PayloadCodec } from '@ground-control/protocol';
import type { NodeConnectionOptions } from '@nats-io/transport-node';

/** How an application runs workflows. */
export interface GroundControlWorkerOptions {
  /** How many steps run at once. @defaultValue 100 */
  concurrency?: number | undefined;
  /** How long `app.close()` waits for the steps that run; those that are not done then are handed back. @defaultValue '30s' */
  shutdownTimeout?: Duration | undefined;
  /** What the worker is called in listings and logs. @defaultValue host name and process id */
  identity?: string | undefined;
}

/** The options of `GroundControlModule.forRoot`. */
export interface GroundControlModuleOptions {
  /** The NATS servers. @defaultValue `GROUND_CONTROL_SERVERS` (separated by commas), then `nats://127.0.0.1:4222` */
  servers?: string | string[] | undefined;
  /** Keeps what it holds apart from other namespaces on the same servers. @defaultValue 'default' */
  namespace?: string | undefined;
  /** Passed to the NATS client: token, user, credentials, nkey, tls, … */
  connection?: NodeConnectionOptions | undefined;
  /** `false` makes an application that starts workflows and runs none. */
  worker?: false | GroundControlWorkerOptions | undefined;
  /** Transforms every value that leaves the process, for example to encrypt it. */
  codec?: PayloadCodec | undefined;
  /** How long a request waits for a coordinator's reply, and the first connection for NATS. @defaultValue '30s' */
  requestTimeout?: Duration | undefined;
}
