import type { Duration, PayloadCodec } from '@ground-control/protocol';
import type { WorkerOptions } from '@ground-control/worker';
import type { NodeConnectionOptions } from '@nats-io/transport-node';

/** The options of `GroundControlModule.forRoot`. */
export interface GroundControlModuleOptions {
  /** The NATS servers. @defaultValue `GROUND_CONTROL_SERVERS` (separated by commas), then `nats://127.0.0.1:4222` */
  servers?: string | string[] | undefined;
  /** Keeps what it holds apart from other namespaces on the same servers. @defaultValue 'default' */
  namespace?: string | undefined;
  /** Passed to the NATS client: token, user, credentials, nkey, tls, … */
  connection?: NodeConnectionOptions | undefined;
  /** `false` makes an application that starts workflows and runs none. */
  worker?: false | WorkerOptions | undefined;
  /** Transforms every value that leaves the process, for example to encrypt it. */
  codec?: PayloadCodec | undefined;
  /** How long a request waits for a coordinator's reply, and the first connection for NATS. @defaultValue '30s' */
  requestTimeout?: Duration | undefined;
}
