import {
  type Address,
  addressOf,
  CoordinatorUnavailableError,
  GroundControlError,
  inboxPrefixOf,
  type LeaderAnnouncement,
  MalformedMessageError,
  type Message,
  subjectOf,
} from '@ground-control/protocol';
import { errors, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import type {
  AnnouncementListener,
  Body,
  ErrorListener,
  PeerStatus,
  ReplyHandler,
  RequestListener,
  StatusListener,
} from './body.js';
import { connectToNats } from './connect.js';
import { FrameReceiver } from './frame-receiver.js';
import { FrameSender } from './frame-sender.js';
import { malformedAnswer, mayAnswer } from './malformed-answer.js';
import { NatsLink } from './nats-link.js';
import { type FramePeerOptions, type ResolvedPeerOptions, resolvePeerOptions } from './peer-options.js';
import { PendingRequests } from './pending-requests.js';
import { ProblemLog } from './problem-log.js';
import { errorOfRefusal, refusalOf } from './refusal.js';
import { sameAddress } from './same-address.js';
import { notPermitted, unanswered } from './unanswered.js';

/** How a request is made. */
export interface RequestOptions {
  /** How long to wait for the reply, in milliseconds; Infinity for ever. @defaultValue the peer's `requestTimeoutMs` */
  timeoutMs?: number | undefined;
  /** Ends the wait; the request may be carried out all the same. */
  signal?: AbortSignal | undefined;
}

/** How an address is listened at. */
export interface ListenOptions {
  /** Of the listeners with the same queue, each NATS message goes to one. */
  queue?: string;
}

const everywhere = (): boolean => true;
const ANNOUNCEMENTS: Address = { kind: 'announcements' };

/**
 * One process in the conversation over NATS: it has an id, an inbox, and a connection that is always being restored.
 *
 * 1. Messages queued in one turn of the event loop leave as one NATS message per address.
 * 2. A request is sent under one correlation number until it is answered, and settles once.
 * 3. Nothing that arrives can end the process: what cannot be read, or fails its listener, goes back as an error.
 * 4. Nothing is buffered for a connection that is away: what is still wanted is sent again when it is back.
 *
 * @example
 * ```ts
 * const peer = await FramePeer.connect({ servers: 'nats://127.0.0.1:4222' });
 * const reply = await peer.request({ kind: 'coordinators' }, { kind: 'namespace.describe' });
 * ```
 */
export class FramePeer {
  /** What replies to this peer are addressed to; new for each peer. */
  readonly id: string;
  readonly namespace: string;
  private readonly link: NatsLink;
  private readonly sender: FrameSender;
  private readonly requests: PendingRequests;
  private readonly receiver: FrameReceiver;
  private readonly problems = new ProblemLog();
  private readonly announcementListeners: AnnouncementListener[] = [];
  private readonly statusListeners: StatusListener[] = [];
  private requestListener: RequestListener | undefined;
  private closing: Promise<void> | undefined;

  private constructor(
    connection: NatsConnection,
    private readonly options: ResolvedPeerOptions,
  ) {
    this.id = options.peerId;
    this.namespace = options.namespace;
    this.link = new NatsLink(connection, {
      onStatus: (status, cause) => this.onLinkStatus(status, cause),
      onProblem: (error) => this.onLinkProblem(error),
    });
    this.sender = new FrameSender(this.id, this.namespace, this.link, (message, to, error) =>
      this.onRefused(message, to, error),
    );
    this.requests = new PendingRequests(this.sender, options.resend, options.maxPendingRequests, {
      unanswered: (request, waitedMs) =>
        unanswered(request, waitedMs, { ...options, connected: this.link.isUp }),
    });
    this.receiver = new FrameReceiver(
      {
        settle: (correlation, reply) => this.requests.settle(correlation, reply),
        unserved: (address) => this.requests.markUnserved(address),
        failed: (from, correlation, error) => this.onListenerFailed(from, correlation, error),
        malformed: (replyTo, error) => this.onMalformed(replyTo, error),
      },
      options,
    );
  }

  /**
   * Connects to NATS and listens at the peer's inbox and to the announcements.
   *
   * @throws CoordinatorUnavailableError naming the servers, when none can be reached within `connectTimeoutMs`
   * @throws InvalidInputError when an option is not valid
   */
  static async connect(options: FramePeerOptions = {}): Promise<FramePeer> {
    const resolved = resolvePeerOptions(options);
    return FramePeer.opened(await connectToNats(resolved), resolved);
  }

  /** As {@link connect}, over a connection that the caller has made; it then belongs to the peer. */
  static over(connection: NatsConnection, options: FramePeerOptions = {}): Promise<FramePeer> {
    return FramePeer.opened(connection, resolvePeerOptions(options));
  }

  private static async opened(connection: NatsConnection, options: ResolvedPeerOptions): Promise<FramePeer> {
    const peer = new FramePeer(connection, options);
    await peer.open();
    return peer;
  }

  /** The NATS connection, for what is not a frame. It belongs to the peer: `close` closes it. */
  get connection(): NatsConnection {
    return this.link.connection;
  }

  /** What the subjects begin with on which this peer hears the answers of NATS itself. */
  get inboxPrefix(): string {
    return this.options.connection.inboxPrefix ?? inboxPrefixOf(this.namespace);
  }

  /** The state of the connection: only while it is `connected` is anything sent. */
  get status(): PeerStatus {
    return this.link.status;
  }

  /** How many requests are not answered yet. */
  get pendingRequests(): number {
    return this.requests.size;
  }

  /**
   * Sends a request and waits for its reply, which may be a refusal: a body of kind `error`. It is sent again, under
   * the same number, until it is answered, so its receiver must be idempotent.
   *
   * @throws CoordinatorUnavailableError when nobody answered in time, or the peer was closed
   * @throws PayloadTooLargeError when the message does not fit into one NATS message
   * @throws UnencodableValueError when the body cannot be encoded
   * @throws LimitExceededError when too many requests are pending
   * @throws the signal's reason when it aborts
   */
  request(to: Address, body: Body, options?: RequestOptions): Promise<Body> {
    return new Promise<Body>((resolve, reject) => {
      this.ask(to, body, { onReply: resolve, onFailure: reject }, options);
    });
  }

  /** As {@link request}, without a promise: for what is sent very often. */
  ask(to: Address, body: Body, handler: ReplyHandler, options?: RequestOptions): void {
    if (this.closing !== undefined || this.status === 'closed') return handler.onFailure(this.closedError());
    const timeoutMs = options?.timeoutMs ?? this.options.requestTimeoutMs;
    this.requests.start(to, body, { timeoutMs, signal: options?.signal }, handler);
  }

  /**
   * Sends what needs no reply. It is lost when there is no connection or nobody listens.
   *
   * @throws InvalidInputError when the address names a peer by what can be no peer's id
   */
  notify(to: Address, body: Body): void {
    this.sender.send(to, [0, body]);
  }

  /**
   * Answers a request; a notice, whose number is 0, has no answer. The reply is lost when there is no connection: the
   * request then comes again.
   */
  reply(toPeer: string, correlation: number, body: Body): void {
    if (correlation > 0) this.sender.send({ kind: 'peer', peer: toPeer }, [-correlation, body]);
  }

  /** Listens at a further address. `flush` tells when NATS knows. */
  listen(address: Address, listener: RequestListener, options: ListenOptions = {}): Subscription {
    return this.link.subscribe(subjectOf(this.namespace, address), options, (msg) =>
      this.receiver.receive(msg, address, listener),
    );
  }

  /** Sets the listener of the requests and notices that come to the peer's own inbox. */
  onRequest(listener: RequestListener): void {
    this.requestListener = listener;
  }

  /** Adds a listener of what is announced in the namespace. */
  onAnnouncement(listener: AnnouncementListener): void {
    this.announcementListeners.push(listener);
  }

  /** Adds a listener of what goes wrong and has no caller to tell. Without any it is logged. */
  onError(listener: ErrorListener): void {
    this.problems.add(listener);
  }

  /** Adds a listener of the changes of {@link status}. */
  onStatus(listener: StatusListener): void {
    this.statusListeners.push(listener);
  }

  /** Sends what is queued, and waits until NATS has taken it and every subscription made before. */
  async flush(): Promise<void> {
    this.sender.flush();
    await this.connection.flush();
  }

  /** Fails what is unanswered, stops listening, sends what is queued, and closes the connection. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    this.requests.fail(everywhere, this.closedError());
    await this.link.close(() => this.sender.flush());
  }

  private async open(): Promise<void> {
    const inbox = this.listen({ kind: 'peer', peer: this.id }, this.onInbox);
    this.listen(ANNOUNCEMENTS, this.onAnnounced);
    // Should the connection break just now, then both are subscribed to when it is back.
    await this.connection.flush().catch(() => undefined);
    if (!inbox.isClosed()) return;
    await this.close();
    throw new CoordinatorUnavailableError(
      `NATS at ${this.options.servers.join(', ')} does not permit to subscribe to ${inbox.getSubject()}.`,
    );
  }

  private readonly onInbox: RequestListener = (from, correlation, body, address) => {
    const error = correlation === 0 ? errorOfRefusal(body) : undefined;
    if (error) return this.problems.report(error);
    if (this.requestListener) return this.requestListener(from, correlation, body, address);
    throw new MalformedMessageError(`Peer ${this.id} takes no requests, so no ${body.kind}.`);
  };

  private readonly onAnnounced: RequestListener = (from, _correlation, body) => {
    if (body.kind === 'leader.elected') this.onLeaderElected(body as LeaderAnnouncement);
    for (const listener of this.announcementListeners) this.guard(() => listener(body, from));
  };

  private onLeaderElected({ partitions }: LeaderAnnouncement): void {
    const elected = new Set<number>(partitions);
    this.requests.resend(
      (to) => to.kind === 'coordinators' || (to.kind === 'partition' && elected.has(to.partition)),
    );
  }

  private onLinkStatus(status: PeerStatus, cause: Error | undefined): void {
    if (status === 'connected') this.requests.resend(everywhere);
    if (status === 'closed') this.requests.fail(everywhere, this.closedError(cause));
    for (const listener of this.statusListeners) this.guard(() => listener(status));
  }

  private onLinkProblem(error: Error): void {
    const forbidden = error instanceof errors.PermissionViolationError && error.operation === 'publish';
    const address = forbidden ? addressOf(error.subject) : undefined;
    if (address) this.requests.fail((to) => sameAddress(to, address), notPermitted(address, error));
    this.problems.report(error);
  }

  /** A message could not be sent: whoever waits for it is told. */
  private onRefused([correlation, body]: Message, to: Address, error: GroundControlError): void {
    if (correlation > 0) this.requests.refuse(correlation, error);
    else if (correlation < 0) this.sender.send(to, [correlation, refusalInstead(body, error)]);
    else this.problems.report(error);
  }

  private onListenerFailed(from: string, correlation: number, error: unknown): void {
    this.reply(from, correlation, refusalOf(error));
    this.problems.report(asError(error));
  }

  private onMalformed(replyTo: string, error: MalformedMessageError): void {
    this.problems.report(error);
    if (mayAnswer(replyTo)) this.link.publish(replyTo, malformedAnswer(this.id, error));
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.problems.report(asError(error));
    }
  }

  private closedError(cause?: Error): CoordinatorUnavailableError {
    return new CoordinatorUnavailableError(`Peer ${this.id} is closed.`, { cause });
  }
}

/** What is sent instead of a reply that cannot be: without details where it was a refusal itself, whose details may be why. */
function refusalInstead(body: Body, error: GroundControlError): Body {
  if (body.kind !== 'error') return refusalOf(error);
  return refusalOf(new GroundControlError(error.message, { code: error.code }));
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
