import { randomUUID } from 'node:crypto';
import { assertNamespace, InvalidInputError } from '@ground-control/protocol';
import type { NodeConnectionOptions } from '@nats-io/transport-node';
import { DEFAULT_RESEND_SCHEDULE, type ResendSchedule } from './resend-schedule.js';

/** How many requests of a peer may be unanswered at once, unless its options say otherwise. */
const MAX_PENDING_REQUESTS = 1_000_000;

/** How a {@link FramePeer} connects and retries. */
export interface FramePeerOptions {
  /** The NATS servers. @defaultValue `nats://127.0.0.1:4222` */
  servers?: string | string[] | undefined;
  /** @defaultValue `default` */
  namespace?: string | undefined;
  /**
   * The peer's id: 1 to 128 letters, digits, `_` or `-`. It must be new for each peer and each start of a process:
   * a reply finds its request by it. @defaultValue a random UUID
   */
  peerId?: string | undefined;
  /**
   * What the peer is. It stands before its id, and so in the subject of its inbox, for NATS to tell from who may write
   * there: `gc.<namespace>.peer.<role>.<id>`. @defaultValue no role
   */
  role?: PeerRole | undefined;
  /** The connection's name in NATS' monitoring. @defaultValue `ground-control <peerId>` */
  name?: string | undefined;
  /** Passed to the NATS client: token, user, credentials, tls, … */
  connection?: NodeConnectionOptions | undefined;
  /** How long to try to connect at first, in milliseconds. Later the peer reconnects for ever. @defaultValue 5000 */
  connectTimeoutMs?: number | undefined;
  /** How long a request waits for its reply where it says nothing else, in milliseconds. @defaultValue 30000 */
  requestTimeoutMs?: number | undefined;
  /** When unanswered requests are sent again. */
  resend?: Partial<ResendSchedule> | undefined;
  /** Whether what arrives is kept for long: its values are then copied out of the frames. @defaultValue false */
  copyValues?: boolean | undefined;
  /** The most requests that may be unanswered at once. @defaultValue 1000000 */
  maxPendingRequests?: number | undefined;
}

/** What a peer is: a `worker` is a client too. */
export type PeerRole = 'client' | 'worker' | 'coordinator';

/** {@link FramePeerOptions} with the defaults filled in. */
export interface ResolvedPeerOptions {
  servers: string[];
  namespace: string;
  peerId: string;
  name: string;
  connection: NodeConnectionOptions;
  connectTimeoutMs: number;
  requestTimeoutMs: number;
  resend: ResendSchedule;
  copyValues: boolean;
  maxPendingRequests: number;
}

const DEFAULT_SERVER = 'nats://127.0.0.1:4222';
const NAME = /^[A-Za-z0-9_-]{1,128}$/;
const PEER_ID = /^(?:(?:client|worker|coordinator)\.)?[A-Za-z0-9_-]{1,128}$/;

/** Whether a text can be a peer's id, with or without its role: the end of a NATS subject. */
export function isPeerId(value: string): boolean {
  return PEER_ID.test(value);
}

/** @throws InvalidInputError unless the peer id, but for its role, is 1 to 128 letters, digits, `_` or `-` */
export function assertPeerId(value: string): void {
  if (isPeerId(value)) return;
  throw invalidId(value);
}

function assertName(value: string): void {
  if (!NAME.test(value)) throw invalidId(value);
}

function invalidId(value: string): InvalidInputError {
  return new InvalidInputError(`peer id ${JSON.stringify(value)}: use 1 to 128 letters, digits, "_" or "-".`);
}

/** @throws InvalidInputError for a namespace or peer id that cannot be part of a NATS subject */
export function resolvePeerOptions(options: FramePeerOptions): ResolvedPeerOptions {
  const name = options.peerId ?? randomUUID();
  const peerId = options.role === undefined ? name : `${options.role}.${name}`;
  const namespace = options.namespace ?? 'default';
  assertName(name);
  assertNamespace(namespace);
  const servers = options.servers ?? options.connection?.servers ?? DEFAULT_SERVER;
  return {
    servers: typeof servers === 'string' ? [servers] : servers,
    namespace,
    peerId,
    name: options.name ?? `ground-control ${peerId}`,
    connection: options.connection ?? {},
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    resend: { ...DEFAULT_RESEND_SCHEDULE, ...options.resend },
    copyValues: options.copyValues ?? false,
    maxPendingRequests: options.maxPendingRequests ?? MAX_PENDING_REQUESTS,
  };
}
