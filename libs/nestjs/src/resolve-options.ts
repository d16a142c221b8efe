import {
  assertNamespace,
  InvalidInputError,
  type PayloadCodec,
  toMilliseconds,
} from '@ground-control/protocol';
import { resolveWorkerOptions, type WorkerOptions } from '@ground-control/worker';
import type { NodeConnectionOptions } from '@nats-io/transport-node';

import type { GroundControlModuleOptions } from './module-options.js';
import { connectionFromEnvironment } from '@ground-control/client';

/** {@link GroundControlModuleOptions} with the defaults filled in. */
export interface ResolvedModuleOptions {
  servers: string[];
  namespace: string;
  connection: NodeConnectionOptions;
  /** Undefined where no worker is wanted. */
  worker: WorkerOptions | undefined;
  codec: PayloadCodec | undefined;
  requestTimeoutMs: number;
}

export const SERVERS_VARIABLE = 'GROUND_CONTROL_SERVERS';
const DEFAULT_SERVERS = 'nats://127.0.0.1:4222';
const DEFAULT_REQUEST_TIMEOUT = '30s';

/**
 * Fills in the defaults.
 *
 * @throws InvalidInputError that names every option that is not valid
 */
export function resolveOptions(
  options: GroundControlModuleOptions,
  env: NodeJS.ProcessEnv,
): ResolvedModuleOptions {
  const faults: string[] = [];
  const checked = <T>(check: () => T): T => collect(faults, check) as T;
  const resolved = {
    servers: checked(() => serversOf(options.servers ?? (env[SERVERS_VARIABLE] || DEFAULT_SERVERS))),
    namespace: checked(() => namespaceOf(options.namespace ?? 'default')),
    connection: options.connection ?? checked(() => connectionFromEnvironment(env)),
    worker: checked(() => workerOf(options.worker ?? {})),
    codec: checked(() => codecOf(options.codec)),
    requestTimeoutMs: checked(() =>
      toMilliseconds(options.requestTimeout ?? DEFAULT_REQUEST_TIMEOUT, 'requestTimeout'),
    ),
  };
  if (faults.length === 0) return resolved;
  throw new InvalidInputError(`GroundControlModule: ${faults.join(' ')}`, { details: faults });
}

/** Where the application looks for a coordinator, for logs and errors. */
export function placeOf({ servers, namespace }: ResolvedModuleOptions): string {
  return `NATS at ${servers.join(', ')}, namespace ${namespace}`;
}

/** Undefined stands for a value that was not valid; nobody sees it, because the faults are thrown. */
function collect<T>(faults: string[], check: () => T): T | undefined {
  try {
    return check();
  } catch (error) {
    faults.push((error as Error).message);
    return undefined;
  }
}

function serversOf(servers: unknown): string[] {
  const list: unknown[] =
    typeof servers === 'string' ? servers.split(',') : Array.isArray(servers) ? servers : [];
  const urls = list.map((url) => (typeof url === 'string' ? url.trim() : ''));
  if (urls.length > 0 && urls.every((url) => url !== '')) return urls;
  throw new InvalidInputError("servers must be a URL such as 'nats://127.0.0.1:4222', or an array of them.");
}

function namespaceOf(namespace: string): string {
  assertNamespace(namespace);
  return namespace;
}

function workerOf(worker: false | WorkerOptions): WorkerOptions | undefined {
  if (worker === false) return undefined;
  if (typeof worker !== 'object' || worker === null) {
    throw new InvalidInputError('worker must be false or an object of options.');
  }
  resolveWorkerOptions(worker); // which refuses what is not valid
  return worker;
}

function codecOf(codec: PayloadCodec | undefined): PayloadCodec | undefined {
  if (codec === undefined) return undefined;
  if (typeof codec?.encode === 'function' && typeof codec.decode === 'function') return codec;
  throw new InvalidInputError('codec must have the methods encode and decode.');
}
