import type { Refused } from '@ground-control/protocol';
import { type WritePacket, RpcException } from '@nestjs/microservices';
import type { Body } from './body.js';
import { refusalOf } from './refusal.js';

/** What a Nest handler returned that is no body of the protocol. */
export interface ValueReply extends Body {
  kind: 'value';
  value: unknown;
}

/** Makes one reply of all that a handler's stream says: its last value, or its error. */
export class RpcReply {
  private last: unknown;
  private error: unknown;

  constructor(private readonly send: (body: Body) => void) {}

  /** Takes what Nest says; replies when that was the end. */
  readonly take = ({ err, response, isDisposed }: WritePacket<unknown>): void => {
    if (err !== undefined) this.error = err;
    else if (response !== undefined) this.last = response;
    if (isDisposed) this.send(this.error === undefined ? bodyOf(this.last) : refusalOfRpc(this.error));
  };
}

/** A handler's result as a reply: itself when it is a body, wrapped otherwise. */
export function bodyOf(result: unknown): Body {
  if (isBody(result)) return result;
  const reply: ValueReply = { kind: 'value', value: result };
  return reply;
}

/** What the caller gets of a reply: the value that was wrapped, or the body. */
export function resultOf(body: Body): unknown {
  return body.kind === 'value' && 'value' in body ? body.value : body;
}

/** The refusal of what Nest's exception filters let through: an error, or what an RpcException held. */
export function refusalOfRpc(error: unknown): Refused {
  if (error instanceof RpcException) return refusalOfRpc(error.getError());
  if (error instanceof Error || typeof error !== 'object' || error === null) return refusalOf(error);
  return refusalOfObject(error);
}

function refusalOfObject(error: object): Refused {
  const { code, message, details } = error as Partial<Refused>;
  return {
    ...refusalOf(new Error(typeof message === 'string' ? message : 'The request failed.')),
    ...(typeof code === 'string' ? { code } : {}),
    ...(details === undefined ? {} : { details }),
  };
}

function isBody(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Body>).kind === 'string';
}
