import type {
  Msg,
  MsgCallback,
  NatsConnection,
  PublishOptions,
  SubscriptionOptions,
} from '@nats-io/nats-core';
import type { AppendFault, HeldAppends } from '@ground-control/journal';

interface Sent {
  subject: string;
  body: Uint8Array;
  options: PublishOptions & { reply: string };
}

/** A connection on which what is published to a journal goes wrong on demand. Everything else passes. */
export class FaultyConnection {
  /** What a leader is given to work with. */
  readonly connection: NatsConnection;
  private readonly faults: AppendFault[] = [];
  private readonly inboxes: Map<string, MsgCallback<Msg>> = new Map();
  private held: Sent[] | undefined;

  constructor(private readonly real: NatsConnection) {
    this.connection = new Proxy(real, { get: (_target, property) => this.get(property) });
  }

  failNextAppends(...faults: AppendFault[]): void {
    this.faults.push(...faults);
  }

  holdAppends(): HeldAppends {
    const held: Sent[] = [];
    this.held = held;
    const stop = (): void => {
      if (this.held === held) this.held = undefined;
    };
    return {
      release: () => {
        stop();
        for (const sent of held.splice(0)) this.send(sent);
      },
      giveUp: () => {
        stop();
        for (const sent of held) {
          this.answerWithNothing(sent);
          sent.options = { ...sent.options, reply: '' };
        }
      },
    };
  }

  private get(property: string | symbol): unknown {
    if (property === 'publish') return this.publish.bind(this);
    if (property === 'subscribe') return this.subscribe.bind(this);
    const value: unknown = Reflect.get(this.real, property);
    return typeof value === 'function' ? (value.bind(this.real) as unknown) : value;
  }

  private publish(subject: string, body: Uint8Array, options: PublishOptions & { reply: string }): void {
    const sent = { subject, body, options };
    if (!subject.includes('.journal.')) this.real.publish(subject, body, options);
    else if (this.held) this.held.push(sent);
    else this.send(sent);
  }

  private send(sent: Sent): void {
    const fault = this.faults.shift();
    if (fault === 'lose' || fault === 'reject') this.answerWithNothing(sent);
    else if (fault === 'lose-acknowledgement') {
      this.real.publish(sent.subject, sent.body, { ...sent.options, reply: '' });
      this.answerWithNothing(sent);
    } else this.real.publish(sent.subject, sent.body, sent.options);
  }

  /** Sooner than a timeout, and to the same effect: the leader does not know. */
  private answerWithNothing({ options: { reply } }: Sent): void {
    const inbox = reply.slice(0, reply.lastIndexOf('.'));
    const nothing: Partial<Msg> = { subject: reply, data: new Uint8Array() };
    queueMicrotask(() => {
      void this.inboxes.get(`${inbox}.*`)?.(null, nothing as Msg);
    });
  }

  private subscribe(subject: string, options: SubscriptionOptions): unknown {
    if (options.callback) this.inboxes.set(subject, options.callback);
    return this.real.subscribe(subject, options);
  }
}
