import { setTimeout as delay } from 'node:timers/promises';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { PeerStatus } from './body.js';

/** How long a link that closes waits for NATS to take what was sent last, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5_000;
/** The limit of one NATS message until the server has said its own, in bytes. */
const DEFAULT_MAX_PAYLOAD = 1024 * 1024;

/** What a link tells its peer. */
export interface LinkEvents {
  /** Called after each change. `cause` is why a connection was closed that nobody here closed. */
  onStatus(status: PeerStatus, cause?: Error): void;
  onProblem(error: Error): void;
}

/** The connection of one peer to NATS, and what is known of its state. */
export class NatsLink {
  status: PeerStatus = 'connected';
  /** The largest message that the server takes, in bytes. */
  maxPayload: number = DEFAULT_MAX_PAYLOAD;
  private readonly subscriptions = new Set<Subscription>();

  constructor(
    readonly connection: NatsConnection,
    private readonly events: LinkEvents,
  ) {
    this.rememberLimits();
    void this.watch();
    void connection.closed().then((cause) => this.change('closed', cause ?? undefined));
  }

  get isUp(): boolean {
    return this.status === 'connected';
  }

  /** @param take must not throw: that would end the connection's reader */
  subscribe(subject: string, options: { queue?: string }, take: (msg: Msg) => void): Subscription {
    const subscription = this.connection.subscribe(subject, {
      ...options,
      callback: (error, msg) => {
        if (error) this.events.onProblem(error);
        else take(msg);
      },
    });
    this.subscriptions.add(subscription);
    void subscription.closed.then(() => this.subscriptions.delete(subscription));
    return subscription;
  }

  /** Hands a frame to NATS; it is lost when there is no connection. */
  publish(subject: string, frame: Uint8Array, replyTo = ''): void {
    if (!this.isUp) return;
    try {
      this.connection.publish(subject, frame, { reply: replyTo });
    } catch (error) {
      this.events.onProblem(error as Error);
    }
  }

  /** Ends every subscription after what is already on its way, calls `sendLast`, and closes the connection. */
  async close(sendLast: () => void): Promise<void> {
    if (this.isUp) {
      await Promise.race([this.drain(sendLast), delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    }
    await this.connection.close();
  }

  private async drain(sendLast: () => void): Promise<void> {
    await Promise.allSettled([...this.subscriptions].map((subscription) => subscription.drain()));
    sendLast();
    await this.connection.flush().catch((error: unknown) => this.events.onProblem(error as Error));
  }

  private async watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') this.change('disconnected');
      if (status.type === 'reconnect') this.change('connected');
      if (status.type === 'error') this.events.onProblem(status.error);
    }
  }

  private change(status: PeerStatus, cause?: Error): void {
    if (status === this.status || this.status === 'closed') return;
    this.status = status;
    if (status === 'connected') this.rememberLimits();
    this.events.onStatus(status, cause);
  }

  private rememberLimits(): void {
    this.maxPayload = this.connection.info?.max_payload ?? this.maxPayload;
  }
}
