import type { Reply } from '@ground-control/protocol';

/** Who asked: what a request is answered through, once what the answer says is durable. */
export interface Caller {
  /** The peer that asked. */
  readonly from: string;
  /** The same for every retry of one request, and for no other request. */
  readonly key: string;
  respond(reply: Reply): void;
}

/** A refusal as a reply. */
export function refused(code: string, message: string, details?: unknown): Reply {
  return { kind: 'error', code, message, details };
}
