import type {
  Msg,
  NatsConnection,
  Payload,
  PublishOptions,
  Status,
  Subscription,
  SubscriptionOptions,
} from '@nats-io/nats-core';
import type { SimProcess } from '../kernel/sim-process.js';
import { type Endpoint, Leg, type Listener, type Packet, type SimNetwork } from './sim-network.js';

/**
 * A process's connection to the simulated server: of `NatsConnection`, what frame peers use. It is up, silent (nothing
 * passes and nobody has noticed), or lost until it reconnects.
 */
export class SimConnection implements Endpoint {
  readonly inbound: Leg;
  private readonly outbound: Leg;
  private readonly listeners = new Set<Listener>();
  private readonly statuses: Status[] = [];
  private onStatus: (() => void) | undefined;
  private readonly whenUp: (() => void)[] = [];
  private state: 'up' | 'silent' | 'lost' | 'closed' = 'up';
  private readonly whenClosed = deferred<void>();
  readonly onLost: Set<() => void> = new Set();

  constructor(
    private readonly network: SimNetwork,
    readonly process: SimProcess,
  ) {
    this.inbound = new Leg(network);
    this.outbound = new Leg(network);
    network.connections.add(this);
    if (!network.isUp) this.lose();
  }

  /** As the type that the code under test knows. */
  get asNats(): NatsConnection {
    return this as unknown as NatsConnection;
  }

  get info(): { max_payload: number; version: string } {
    return { max_payload: 1024 * 1024, version: '2.15.1' };
  }

  /** Whether messages pass. */
  get isOpen(): boolean {
    return this.state === 'up';
  }

  /** Whether the client believes that the connection is up. */
  get seemsUp(): boolean {
    return this.state === 'up' || this.state === 'silent';
  }

  publish(subject: string, payload?: Payload, options?: PublishOptions): void {
    if (!this.process.mayAct()) return;
    const data = Uint8Array.from(payload as Uint8Array);
    const packet: Packet = { subject, reply: options?.reply ?? '', data };
    this.network.kernel.trace(`${this.process.name} -> ${subject}`);
    if (!this.isOpen) return;
    for (const delay of this.outbound.delays()) this.toServer(delay, () => this.network.route(packet));
  }

  /** Something of this connection arrives at the server, unless either is gone by then. */
  toServer(delayMs: number, arrive: () => void): void {
    this.network.kernel.after(delayMs, undefined, () => {
      if (this.network.isUp && this.state !== 'silent') arrive();
    });
  }

  /** As {@link toServer}, after all that was sent before. */
  toServerInOrder(arrive: () => void): void {
    this.toServer(this.outbound.inOrder(), arrive);
  }

  subscribe(subject: string, options: SubscriptionOptions = {}): Subscription {
    const closed = deferred<void>();
    let isClosed = false;
    const listener: Listener = {
      connection: this,
      subject,
      queue: options.queue,
      take: ({ data, reply, headers }) => {
        void options.callback?.(null, { subject, data, reply, headers } as unknown as Msg);
      },
    };
    this.listeners.add(listener);
    if (this.isOpen) this.network.add(listener);
    const end = (): void => {
      isClosed = true;
      this.listeners.delete(listener);
      this.network.remove(listener);
      closed.resolve();
    };
    return {
      unsubscribe: end,
      drain: () => Promise.resolve(end()),
      isClosed: () => isClosed,
      getSubject: () => subject,
      closed: closed.promise,
    } as unknown as Subscription;
  }

  /** A round trip to the server; when there is none, it waits for one. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isOpen)
        this.network.kernel.after(this.outbound.inOrder() + this.inbound.inOrder(), this.process, resolve);
      else this.whenUp.push(resolve);
    });
  }

  async *status(): AsyncGenerator<Status> {
    for (;;) {
      const status = this.statuses.shift();
      if (status) yield status;
      else if (this.state === 'closed') return;
      else await new Promise<void>((resolve) => (this.onStatus = resolve));
    }
  }

  closed(): Promise<void | Error> {
    return this.whenClosed.promise;
  }

  close(): Promise<void> {
    this.drop();
    this.state = 'closed';
    this.network.connections.delete(this);
    this.whenClosed.resolve();
    this.onStatus?.();
    return Promise.resolve();
  }

  /** The server learns that the process at the other end is gone. */
  vanish(): void {
    this.drop();
    this.state = 'closed';
    this.network.connections.delete(this);
  }

  /** Nothing passes any more, and the client does not notice. */
  silence(): void {
    if (this.state === 'up') this.state = 'silent';
  }

  /** The client notices that the connection is lost. */
  lose(): void {
    if (this.state === 'lost' || this.state === 'closed') return;
    this.drop();
    this.state = 'lost';
    this.tell({ type: 'disconnect', server: 'sim' });
    for (const lost of this.onLost) this.network.kernel.after(0, this.process, lost);
  }

  /** Passes again: a silent connection goes on, a lost one reconnects when the server is there. */
  reconnectSoon(): void {
    if (this.state === 'silent') this.state = 'up';
    if (this.state !== 'lost') return;
    this.network.kernel.after(this.network.kernel.random.between(1, 300), this.process, () =>
      this.reconnect(),
    );
  }

  private reconnect(): void {
    if (this.state !== 'lost' || !this.network.isUp) return;
    this.state = 'up';
    for (const listener of this.listeners) this.network.add(listener);
    this.tell({ type: 'reconnect', server: 'sim' });
    for (const resolve of this.whenUp.splice(0)) resolve();
  }

  private drop(): void {
    for (const listener of this.listeners) this.network.remove(listener);
  }

  private tell(status: Status): void {
    this.network.kernel.trace(`${this.process.name} ${status.type}`);
    this.statuses.push(status);
    this.network.kernel.after(0, this.process, () => {
      const wake = this.onStatus;
      this.onStatus = undefined;
      wake?.();
    });
  }
}

interface Deferred<Value> {
  promise: Promise<Value>;
  resolve: (value: Value) => void;
}

function deferred<Value>(): Deferred<Value> {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
