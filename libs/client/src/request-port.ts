import type { Address } from '@ground-control/protocol';

/** A message's body. */
export interface Body {
  kind: string;
}

export interface RequestOptions {
  /** How long to wait for the reply, in milliseconds; `Infinity` for ever. */
  timeoutMs?: number;
  /** Ends the waiting. */
  signal?: AbortSignal;
}

/**
 * What the client needs of a connection: the transport's `FramePeer` is one. A request is sent again under the same
 * number until somebody answers it.
 */
export interface RequestPort {
  /** @throws CoordinatorUnavailableError when nobody answered in time */
  request(to: Address, body: Body, options?: RequestOptions): Promise<Body>;
}
