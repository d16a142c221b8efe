import { type Address, CoordinatorUnavailableError } from '@ground-control/protocol';
import type { PendingRequest } from './pending-request.js';

/** Where a request went, for the error that says it was not answered. */
export interface Whereabouts {
  namespace: string;
  servers: readonly string[];
  connected: boolean;
}

/** The error of a request that had no answer in time: what was asked, of whom, for how long, and what is known. */
export function unanswered(
  request: PendingRequest,
  waitedMs: number,
  where: Whereabouts,
): CoordinatorUnavailableError {
  const [, body] = request.message;
  return new CoordinatorUnavailableError(
    `${body.kind} to ${nameOf(request.to)} had no answer within ${Math.round(waitedMs)} ms ` +
      `(namespace ${where.namespace}, NATS at ${where.servers.join(', ')}): ${stateOf(request, where)}.`,
    { details: { kind: body.kind, attempts: request.attempts } },
  );
}

function stateOf(request: PendingRequest, where: Whereabouts): string {
  if (!where.connected) return 'there is no connection to NATS';
  if (request.misses > 0) return 'nobody listens there';
  return request.attempts === 1 ? 'it was sent once' : `it was sent ${request.attempts} times`;
}

/** The error of a request to an address that NATS does not permit to publish to. */
export function notPermitted(address: Address, cause: Error): CoordinatorUnavailableError {
  return new CoordinatorUnavailableError(`NATS does not permit to send to ${nameOf(address)}.`, { cause });
}

function nameOf(address: Address): string {
  switch (address.kind) {
    case 'partition':
      return `the leader of partition ${address.partition}`;
    case 'peer':
      return `peer ${address.peer}`;
    case 'coordinators':
      return 'the coordinators';
    case 'announcements':
    case 'journal':
      return `the ${address.kind}`;
  }
}
