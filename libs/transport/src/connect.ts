import { setTimeout as delay } from 'node:timers/promises';
import { CoordinatorUnavailableError, inboxPrefixOf, InvalidInputError } from '@ground-control/protocol';
import { connect, errors, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import type { ResolvedPeerOptions } from './peer-options.js';

const RETRY_MS = 100;

/**
 * Connects to NATS, trying again until `connectTimeoutMs` is over. The connection then reconnects for ever.
 *
 * @throws CoordinatorUnavailableError naming the servers, when none could be reached or they refuse the credentials
 * @throws InvalidInputError when the options are not valid
 */
export async function connectToNats(options: ResolvedPeerOptions): Promise<NatsConnection> {
  const giveUpAt = performance.now() + options.connectTimeoutMs;
  for (;;) {
    try {
      return await connect(connectionOptions(options));
    } catch (error) {
      if (isInvalid(error))
        throw new InvalidInputError(`NATS connection: ${error.message}`, { cause: error });
      const waitMs = RETRY_MS * (1 + Math.random());
      if (isFinal(error) || performance.now() + waitMs >= giveUpAt) throw unreachable(options, error);
      await delay(waitMs);
    }
  }
}

/** What the user's connection options are completed with. */
function connectionOptions(options: ResolvedPeerOptions): NodeConnectionOptions {
  return {
    name: options.name,
    timeout: Math.max(500, options.connectTimeoutMs / options.servers.length),
    maxReconnectAttempts: -1,
    reconnectTimeWait: RETRY_MS,
    reconnectJitter: 2 * RETRY_MS,
    reconnectJitterTLS: 2 * RETRY_MS,
    ignoreClusterUpdates: true,
    // A server that refuses the credentials for a while (its configuration changes) is no reason to give up.
    ignoreAuthErrorAbort: true,
    // A server that hangs is noticed after three pings, 6 s: well before the lease of a worker has run out (15 s).
    pingInterval: 2_000,
    maxPingOut: 2,
    noAsyncTraces: true,
    inboxPrefix: inboxPrefixOf(options.namespace),
    ...options.connection,
    servers: options.servers,
  };
}

function isInvalid(error: unknown): error is Error {
  return error instanceof errors.InvalidArgumentError || error instanceof TypeError;
}

function isFinal(error: unknown): boolean {
  return error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError;
}

function unreachable(options: ResolvedPeerOptions, cause: unknown): CoordinatorUnavailableError {
  const servers = options.servers.join(', ');
  const failure = isFinal(cause)
    ? 'refuses the connection'
    : `was not reached in ${options.connectTimeoutMs} ms`;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CoordinatorUnavailableError(`NATS at ${servers} ${failure}: ${reason}.`, {
    cause,
    details: { servers: options.servers },
  });
}
