import type { Address } from '@ground-control/protocol';

/** What a message says: any plain data that names its kind. */
export interface Body {
  kind: string;
}

/**
 * Gets a request (`correlation` above 0) or a notice (0). Requests are delivered at least once: the same
 * `(from, correlation)` comes again until it is answered, so a listener must be idempotent.
 *
 * @param from the id of the peer that sent it, and which a reply goes to
 * @param address what it was sent to
 */
export type RequestListener = (from: string, correlation: number, body: Body, address: Address) => void;

/** Hears how a request ended: once, by one of the two. */
export interface ReplyHandler {
  /** The first reply came, which may be a refusal: a body of kind `error`. */
  onReply(reply: Body): void;
  /** There will be none: the request timed out, could not be sent, or its peer was closed. */
  onFailure(error: unknown): void;
}

/** Gets what is said on the announcements of the namespace. */
export type AnnouncementListener = (body: Body, from: string) => void;

/** Gets what went wrong and has no caller to tell: malformed frames, refusals of peers, listeners that threw. */
export type ErrorListener = (error: Error) => void;

/** `disconnected`: NATS is away and being reconnected to. `closed`: for good. */
export type PeerStatus = 'connected' | 'disconnected' | 'closed';

/** Gets each change of a peer's connection. */
export type StatusListener = (status: PeerStatus) => void;
