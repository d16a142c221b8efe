import { setTimeout as delay } from 'node:timers/promises';
import {
  type Address,
  addressOf,
  CoordinatorUnavailableError,
  encodeFrames,
  MalformedMessageError,
  type LeaderAnnouncement,
  type Message,
  subjectOf,
} from '@ground-control/protocol';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type {
  AnnouncementListener,
  Body,
  ErrorListener,
  PeerStatus,
  RequestListener,
  StatusListener,
} from './body.js';
import { connectToNats } from './connect.js';
import { encodeBatch } from './encode-batch.js';
import { FrameReceiver, type ReceiverOwner } from './frame-receiver.js';
import { Outboxes } from './outboxes.js';
import type { PendingRequest } from './pending-request.js';
import { PendingRequests, type RequestCarrier } from './pending-requests.js';
import { type FramePeerOptions, type ResolvedPeerOptions, resolvePeerOptions } from './peer-options.js';
import { ProblemLog } from './problem-log.js';
import { errorOfRefusal, refusalOf } from './refusal.js';

/** How a request is made. */
export interface RequestOptions {
  /** How long to wait for the reply, in milliseconds; Infinity for ever. @defaultValue the peer's `requestTimeoutMs` */
  timeoutMs?: number | undefined;
  /** Ends the wait; the request may be carried out all the same. */
  signal?: AbortSignal | undefined;
}

/** How long a peer that closes waits for NATS to take what it sent last, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5_000;
const ANNOUNCEMENTS: Address = { kind: 'announcements' };

/**
 * One process in the conversation over NATS: it has an id, an inbox, and a connection that is always being restored.
 *
 * 1. Messages queued in one turn of the event loop leave as one NATS message per address.
 * 2. A request is sent under one correlation number until it is answered, and settles once.
 * 3. Nothing that arrives can end the process: what cannot be read, or fails its listener, goes back as an error.
 * 4. Nothing is buffered for a connection that is away: what is still wanted is sent again when it is back.
 */
export class FramePeer {
  readonly id: string;
  readonly namespace: string;
  /** The NATS connection, for what is not a frame. It belongs to the peer: `close` closes it. */
  readonly connection: NatsConnection;
  private readonly options: ResolvedPeerOptions;
  private readonly inbox: string;
  private readonly outboxes: Outboxes;
  private readonly requests: PendingRequests;
  private readonly receiver: FrameReceiver;
  private readonly problems = new ProblemLog();
  private readonly subscriptions = new Set<Subscription>();
  private readonly announcementListeners: AnnouncementListener[] = [];
  private readonly statusListeners: StatusListener[] = [];
  private requestListener: RequestListener | undefined;
  private maxPayload = 1024 * 1024;
  private currentStatus: PeerStatus = 'connected';
  private closing: Promise<void> | undefined;

  private constructor(connection: NatsConnection, options: ResolvedPeerOptions) {
    this.connection = connection;
    this.options = options;
    this.id = options.peerId;
    this.namespace = options.namespace;
    this.inbox = subjectOf(this.namespace, { kind: 'peer', peer: this.id });
    this.outboxes = new Outboxes(this.namespace, (subject, messages, to) =>
      this.deliver(subject, messages, to),
    );
    this.requests = new PendingRequests(this.carrier(), options.resend, options.maxPendingRequests);
    this.receiver = new FrameReceiver(this.receiverOwner());
  }

  /**
   * Connects to NATS and listens at the peer's inbox and to the announcements.
   *
   * @throws CoordinatorUnavailableError naming the servers, when none can be reached within `connectTimeoutMs`
   * @throws InvalidInputError when an option is not valid
   */
  static async connect(options: FramePeerOptions = {}): Promise<FramePeer> {
    const resolved = resolvePeerOptions(options);
    const peer = new FramePeer(await connectToNats(resolved), resolved);
    await peer.open();
    return peer;
  }

  /** Whether the connection to NATS is up. */
  get status(): PeerStatus {
    return this.currentStatus;
  }

  /** The requests that are not answered yet. */
  get pendingRequests(): number {
    return this.requests.size;
  }

  /**
   * Sends a request and waits for its reply, which may be a refusal of kind `error`. It is sent again, under the same
   * number, until it is answered: its receiver must be idempotent.
   *
   * @throws CoordinatorUnavailableError when nobody answered in time, or the peer was closed
   * @throws PayloadTooLargeError when the message does not fit into one NATS message
   * @throws LimitExceededError when too many requests are pending
   * @throws the signal's reason when it aborts
   */
  request(to: Address, body: Body, options?: RequestOptions): Promise<Body> {
    return new Promise<Body>((resolve, reject) => {
      if (this.closing || this.currentStatus === 'closed') return reject(this.closedError());
      const timeoutMs = options?.timeoutMs ?? this.options.requestTimeoutMs;
      this.requests.start(to, body, { timeoutMs, signal: options?.signal }, resolve, reject);
    });
  }

  /** Sends what needs no reply; it is lost when there is no connection or nobody listens. */
  notify(to: Address, body: Body): void {
    this.enqueue(to, [0, body]);
  }

  /** Answers a request. The reply is lost when there is no connection: the request then comes again. */
  reply(toPeer: string, correlation: number, body: Body): void {
    this.enqueue({ kind: 'peer', peer: toPeer }, [-correlation, body]);
  }

  /**
   * Listens at a further address.
   *
   * @param options `queue`: of the listeners of one queue, each message goes to one
   */
  listen(address: Address, listener: RequestListener, options: { queue?: string } = {}): Subscription {
    return this.subscribe(address, options, (msg) => this.receiver.receive(msg, address, listener));
  }

  /** Sets the listener of the requests and notices that come to the peer's own inbox. */
  onRequest(listener: RequestListener): void {
    this.requestListener = listener;
  }

  /** Adds a listener of what is announced in the namespace. */
  onAnnouncement(listener: AnnouncementListener): void {
    this.announcementListeners.push(listener);
  }

  /** Adds a listener of what goes wrong and has no caller. Without one it is logged. */
  onError(listener: ErrorListener): void {
    this.problems.add(listener);
  }

  /** Adds a listener of changes of the connection. */
  onStatus(listener: StatusListener): void {
    this.statusListeners.push(listener);
  }

  /** Sends what is queued and waits until NATS has taken it, and every subscription before it. */
  async flush(): Promise<void> {
    this.outboxes.flush();
    await this.connection.flush();
  }

  /** Stops listening, sends what is queued, fails what is unanswered, and closes the connection. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async open(): Promise<void> {
    this.rememberLimits();
    void this.watchStatus();
    void this.connection.closed().then((cause) => this.onClosed(cause));
    const own: Address = { kind: 'peer', peer: this.id };
    this.subscribe(own, {}, (msg) => this.receiver.receive(msg, own, this.onInbox));
    this.subscribe(ANNOUNCEMENTS, {}, (msg) => this.receiver.receive(msg, ANNOUNCEMENTS, this.onAnnounced));
    await this.connection.flush();
  }

  private subscribe(address: Address, options: { queue?: string }, take: (msg: Msg) => void): Subscription {
    const subscription = this.connection.subscribe(subjectOf(this.namespace, address), {
      ...options,
      callback: (error, msg) => {
        if (error) this.problems.report(error);
        else take(msg);
      },
    });
    this.subscriptions.add(subscription);
    void subscription.closed.then(() => this.subscriptions.delete(subscription));
    return subscription;
  }

  private enqueue(to: Address, message: Message): void {
    if (this.currentStatus === 'connected') this.outboxes.add(to, message);
  }

  private deliver(subject: string, messages: Message[], to: Address): void {
    if (this.currentStatus !== 'connected') return;
    const { frames, refused } = encodeBatch(this.id, messages, this.maxPayload);
    for (const frame of frames) this.publish(subject, frame, this.inbox);
    for (const { message, error } of refused) this.refuse(message, error, to);
  }

  private publish(subject: string, frame: Uint8Array, reply?: string): void {
    try {
      this.connection.publish(subject, frame, reply === undefined ? {} : { reply });
    } catch (error) {
      this.problems.report(error as Error);
    }
  }

  /** A message could not be sent: whoever waits for it is told. */
  private refuse([correlation, body]: Message, error: Error, to: Address): void {
    if (correlation > 0) this.requests.refuse(correlation, error);
    else if (correlation < 0 && body.kind !== 'error') this.enqueue(to, [correlation, refusalOf(error)]);
    else this.problems.report(error);
  }

  private readonly onInbox: RequestListener = (from, correlation, body, address) => {
    const error = correlation === 0 ? errorOfRefusal(body) : undefined;
    if (error) return this.problems.report(error);
    if (this.requestListener) return this.requestListener(from, correlation, body, address);
    throw new MalformedMessageError(`Peer ${this.id} takes no requests, so no ${body.kind}.`);
  };

  private readonly onAnnounced: RequestListener = (from, _correlation, body) => {
    if (body.kind === 'leader.elected') this.resendTo((body as LeaderAnnouncement).partitions);
    for (const listener of this.announcementListeners) this.announce(listener, body, from);
  };

  private announce(listener: AnnouncementListener, body: Body, from: string): void {
    try {
      listener(body, from);
    } catch (error) {
      this.problems.report(error as Error);
    }
  }

  private resendTo(partitions: unknown): void {
    if (!Array.isArray(partitions)) return;
    const elected = new Set<unknown>(partitions);
    this.requests.resend(
      (to) => to.kind === 'coordinators' || (to.kind === 'partition' && elected.has(to.partition)),
    );
  }

  private async watchStatus(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type === 'disconnect') this.setStatus('disconnected');
      if (type === 'reconnect') this.onReconnect();
    }
  }

  private onReconnect(): void {
    this.rememberLimits();
    this.setStatus('connected');
    this.requests.resend(() => true);
  }

  private onClosed(cause: unknown): void {
    this.setStatus('closed');
    this.requests.failAll(this.closedError(cause));
  }

  private setStatus(status: PeerStatus): void {
    if (status === this.currentStatus || this.currentStatus === 'closed') return;
    this.currentStatus = status;
    for (const listener of this.statusListeners) listener(status);
  }

  private rememberLimits(): void {
    this.maxPayload = this.connection.info?.max_payload ?? this.maxPayload;
  }

  private async shutDown(): Promise<void> {
    this.requests.failAll(this.closedError());
    if (this.currentStatus === 'connected') {
      await Promise.race([this.sendTheLast(), delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    }
    await this.connection.close();
  }

  private async sendTheLast(): Promise<void> {
    await Promise.allSettled([...this.subscriptions].map((subscription) => subscription.drain()));
    await this.flush().catch((error: unknown) => this.problems.report(error as Error));
  }

  private closedError(cause?: unknown): CoordinatorUnavailableError {
    return new CoordinatorUnavailableError(`Peer ${this.id} is closed.`, { cause });
  }

  private carrier(): RequestCarrier {
    const connected = (): boolean => this.currentStatus === 'connected';
    const turn = (): number => this.outboxes.turn;
    return {
      send: (to, message) => this.outboxes.add(to, message),
      describe: (request) => this.describe(request),
      get connected() {
        return connected();
      },
      get turn() {
        return turn();
      },
    };
  }

  private receiverOwner(): ReceiverOwner {
    return {
      settle: (correlation, reply) => this.requests.settle(correlation, reply),
      unserved: (address) => this.requests.markUnserved(address),
      failed: (from, correlation, error) => this.onListenerFailed(from, correlation, error),
      malformed: (replyTo, error) => this.onMalformed(replyTo, error),
    };
  }

  private onListenerFailed(from: string, correlation: number, error: unknown): void {
    if (correlation > 0) this.reply(from, correlation, refusalOf(error));
    this.problems.report(error instanceof Error ? error : new Error(String(error)));
  }

  private onMalformed(replyTo: string, error: MalformedMessageError): void {
    this.problems.report(error);
    if (!this.mayReplyTo(replyTo)) return;
    const [frame] = encodeFrames(this.id, [[0, refusalOf(error)]], this.maxPayload);
    // Without a reply subject, so that two peers that cannot read each other do not tell each other for ever.
    if (frame) this.publish(replyTo, frame);
  }

  /** The bytes name where their error goes to: never to a stream, an API of the server, or anything of ours but an inbox. */
  private mayReplyTo(subject: string): boolean {
    if (subject === '' || subject.startsWith('$')) return false;
    return !subject.startsWith('gc.') || addressOf(subject)?.kind === 'peer';
  }

  private describe(request: PendingRequest): string {
    const [, body] = request.message;
    const waitedMs = Math.round(performance.now() - request.startedAt);
    const state =
      this.currentStatus === 'connected'
        ? request.misses > 0
          ? 'nobody listens there'
          : 'it was sent and not answered'
        : 'there is no connection to it';
    return (
      `${body.kind} to ${nameOf(request.to)} had no answer within ${waitedMs} ms and ${request.attempts} attempts ` +
      `(namespace ${this.namespace}, NATS at ${this.options.servers.join(', ')}): ${state}.`
    );
  }
}

function nameOf(address: Address): string {
  switch (address.kind) {
    case 'partition':
      return `the leader of partition ${address.partition}`;
    case 'peer':
      return `peer ${address.peer}`;
    case 'coordinators':
      return 'the coordinators';
    case 'announcements':
    case 'journal':
      return `the ${address.kind}`;
  }
}
