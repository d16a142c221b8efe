import { createInbox, headers, type Msg, type NatsConnection, type Subscription } from '@nats-io/nats-core';
import type { ConnectionWatch } from './connection-watch.js';
import { readAcknowledgement } from './publish-acknowledgement.js';
import type { Published } from './sequenced-log.js';

const EXPECTED_LAST_SEQUENCE = 'Nats-Expected-Last-Sequence';
/** What a message's header takes of the server's size limit at most, in bytes. */
const HEADER_BYTES = 64;
/** The limit of a server that was not heard yet, in bytes: the default of nats-server. */
const DEFAULT_MAX_PAYLOAD = 1024 * 1024;

interface InFlight {
  deadline: number;
  done: (published: Published) => void;
}

/**
 * Publishes to streams and hears their acknowledgements: one subscription, one timer and one small map for a whole
 * connection. Sends each message once, and none without a connection: the client would keep it and send it after
 * everybody has given it up.
 */
export class JetStreamPublisher {
  private readonly inbox: string;
  private readonly subscription: Subscription;
  /** By token, oldest first. */
  private readonly inFlight: Map<string, InFlight> = new Map();
  private tokens = 0;
  private timer: NodeJS.Timeout | undefined;
  private maxPayload = DEFAULT_MAX_PAYLOAD;

  /** @param timeoutMs how long an acknowledgement may take */
  constructor(
    private readonly connection: NatsConnection,
    private readonly watch: ConnectionWatch,
    private readonly timeoutMs: number,
    inboxPrefix: string | undefined,
  ) {
    this.inbox = `${createInbox(inboxPrefix)}.`;
    this.subscription = connection.subscribe(`${this.inbox}*`, {
      callback: (error, message) => {
        if (!error) this.hear(message);
      },
    });
    watch.onLost((reason) => {
      this.failAll(reason);
    });
  }

  /** The largest message body that the server takes, in bytes. */
  get maxBytes(): number {
    this.maxPayload = this.connection.info?.max_payload ?? this.maxPayload;
    return this.maxPayload - HEADER_BYTES;
  }

  /** See {@link SequencedLog.publish}. */
  publish(
    subject: string,
    body: Uint8Array,
    expectedLast: number,
    done: (published: Published) => void,
  ): void {
    this.send(subject, body, [[EXPECTED_LAST_SEQUENCE, String(expectedLast)]], done);
  }

  /** Publishes under other conditions. @returns what became of it */
  put(subject: string, body: Uint8Array, header: [name: string, value: string][]): Promise<Published> {
    return new Promise((resolve) => {
      this.send(subject, body, header, resolve);
    });
  }

  private send(
    subject: string,
    body: Uint8Array,
    conditions: [name: string, value: string][],
    done: (published: Published) => void,
  ): void {
    const token = (this.tokens += 1).toString(36);
    this.inFlight.set(token, { deadline: performance.now() + this.timeoutMs, done });
    if (!this.watch.connected) return this.failSoon(token, 'there is no connection');
    const header = headers();
    for (const [name, value] of conditions) header.append(name, value);
    try {
      this.connection.publish(subject, body, { reply: this.inbox + token, headers: header });
      this.timer ??= this.armTimer(this.timeoutMs);
    } catch (error) {
      this.failSoon(token, 'it could not be sent', error);
    }
  }

  /** Hears no more: to be called when nothing is in flight. */
  close(): void {
    clearTimeout(this.timer);
    this.subscription.unsubscribe();
  }

  private hear(message: Msg): void {
    this.settle(message.subject.slice(this.inbox.length), readAcknowledgement(message));
  }

  private settle(token: string, published: Published): void {
    const append = this.inFlight.get(token);
    if (!append) return;
    this.inFlight.delete(token);
    append.done(published);
  }

  private failSoon(token: string, reason: string, cause?: unknown): void {
    queueMicrotask(() => {
      this.settle(token, { kind: 'unknown', reason, cause });
    });
  }

  private armTimer(delayMs: number): NodeJS.Timeout {
    // An event loop that was blocked finds the timer due before it reads the acknowledgements that have arrived
    // meanwhile: they are read before setImmediate runs.
    return setTimeout(() => setImmediate(() => this.expire()), delayMs).unref();
  }

  private expire(): void {
    const now = performance.now();
    this.timer = undefined;
    for (const [token, { deadline }] of this.inFlight) {
      if (deadline > now) {
        this.timer = this.armTimer(deadline - now);
        return;
      }
      this.settle(token, { kind: 'unknown', reason: `no acknowledgement within ${this.timeoutMs} ms` });
    }
  }

  private failAll(reason: string): void {
    for (const token of this.inFlight.keys()) this.settle(token, { kind: 'unknown', reason });
  }
}
