import type { Address } from '@ground-control/protocol';

/** A message's body. */
export interface Body {
  kind: string;
}

export interface LinkRequestOptions {
  /** How long to wait for the reply, in milliseconds; `Infinity` for ever. */
  timeoutMs?: number | undefined;
  /** Ends the wait. */
  signal?: AbortSignal | undefined;
}

/** Hears how a request ended: once, by one of the two. */
export interface LinkReplyHandler {
  onReply(reply: Body): void;
  onFailure(error: unknown): void;
}

/** What a worker needs of its connection: the transport's `FramePeer` is one. */
export interface WorkerLink {
  /** The id of the worker, which is that of its inbox. */
  readonly id: string;
  /** Sends a request, again and again under one number, until it is answered. */
  request(to: Address, body: Body, options?: LinkRequestOptions): Promise<Body>;
  /** As {@link request}, without a promise. */
  ask(to: Address, body: Body, handler: LinkReplyHandler, options?: LinkRequestOptions): void;
  reply(toPeer: string, correlation: number, body: Body): void;
  /** Takes what arrives in the inbox: requests (correlation above 0) and notices (0). */
  onRequest(listener: (from: string, correlation: number, body: Body) => void): void;
  onAnnouncement(listener: (body: Body) => void): void;
}
