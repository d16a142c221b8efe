import type { Address, Reply } from '@ground-control/protocol';
import { CoordinatorUnavailableError } from '@ground-control/protocol';

import type { Body, RequestOptions, RequestPort } from './request-port.js';

/** One request as it arrived. */
export interface Received {
  to: Address;
  body: Body & Record<string, unknown>;
  options: RequestOptions;
}

type Answer = (request: Received) => Reply | Promise<Reply>;

/**
 * A port whose other side is scripted: each kind of request is answered by a function; what has none is never
 * answered, so that it ends as the real one does, by its timeout or its signal.
 */
export class ScriptedPort implements RequestPort {
  readonly received: Received[] = [];
  readonly #answers = new Map<string, Answer>();

  constructor(partitions = 4) {
    this.answer('namespace.describe', () => ({
      kind: 'namespace',
      partitions,
      leaseMs: 15_000,
      maxValueBytes: 1_048_576,
    }));
  }

  answer(kind: string, answer: Answer): this {
    this.#answers.set(kind, answer);
    return this;
  }

  silence(kind: string): this {
    this.#answers.delete(kind);
    return this;
  }

  ofKind(kind: string): Received[] {
    return this.received.filter((request) => request.body.kind === kind);
  }

  async request(to: Address, body: Body, options: RequestOptions = {}): Promise<Body> {
    const request = { to, body: body as Received['body'], options };
    this.received.push(request);
    return (await this.#answers.get(body.kind)?.(request)) ?? unanswered(options);
  }
}

function unanswered({ timeoutMs = 30_000, signal }: RequestOptions): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error));
    if (timeoutMs === Infinity) return;
    setTimeout(() => reject(new CoordinatorUnavailableError('No coordinator answered.')), timeoutMs);
  });
}
