import { type Address, MalformedMessageError } from '@ground-control/protocol';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import type { Subscription } from '@nats-io/transport-node';
import { finalize, type Observable, throwError } from 'rxjs';
import type { Body, PeerStatus, RequestListener } from './body.js';
import { FrameContext } from './frame-context.js';
import type { FramePeer, ListenOptions } from './frame-peer.js';
import { PeerEventHub, type PeerEvents } from './peer-events.js';
import type { FramePeerOptions } from './peer-options.js';
import { type PeerFactory, PeerSource } from './peer-source.js';
import { RpcReply } from './rpc-reply.js';

/** The transport of {@link FrameServer}, for `@MessagePattern(kind, FRAMES)` in applications with several. */
export const FRAMES: unique symbol = Symbol('ground-control.frames');

/**
 * Serves Nest message handlers over frames: a message of kind `k` goes to the handler of `@MessagePattern('k')`, whose
 * result is its reply; a notice goes to `@EventPattern('k')`. Kinds without a handler go to the hot listener, past
 * Nest's pipeline.
 *
 * @example
 * ```ts
 * const strategy = new FrameServer({ servers, addresses: [{ kind: 'coordinators' }] });
 * const app = await NestFactory.createMicroservice(CoordinatorModule, { strategy });
 * await app.listen();
 * ```
 */
export class FrameServer extends Server<PeerEvents, PeerStatus> implements CustomTransportStrategy {
  override readonly transportId: symbol = FRAMES;
  private readonly source: PeerSource;
  private readonly events = new PeerEventHub();
  private readonly addresses: readonly Address[];
  private readonly closeListeners: (() => void | Promise<void>)[] = [];
  private hotListener: RequestListener | undefined;

  /**
   * @param source how to connect, or what makes a connected peer, which the server then closes
   * @param addresses what to listen to besides the peer's own inbox
   */
  constructor(source: FramePeerOptions | PeerFactory, addresses: readonly Address[] = []) {
    super();
    this.addresses = addresses;
    this.source = new PeerSource(source, (peer) => this.attach(peer));
  }

  /** @throws CoordinatorUnavailableError before the server is connected */
  get peer(): FramePeer {
    return this.source.peer;
  }

  /** Connects before `listen` does, which is after the application's bootstrap hooks. May be called again. */
  connect(): Promise<FramePeer> {
    return this.source.connect();
  }

  /** Sets the listener of the messages whose kind has no handler. It bypasses guards, pipes, interceptors and filters. */
  onHotMessage(listener: RequestListener): void {
    this.hotListener = listener;
  }

  /** Adds what is to be done before the peer is closed, while it can still send. */
  beforeClose(listener: () => void | Promise<void>): void {
    this.closeListeners.push(listener);
  }

  /** Serves a further address, for example a partition that this process now leads. */
  serve(address: Address, options?: ListenOptions): Subscription {
    return this.peer.listen(address, this.dispatch, options);
  }

  override async listen(callback: (error?: unknown) => void): Promise<void> {
    const failure: unknown = await this.start().catch((error: unknown) => error);
    callback(failure);
  }

  override async close(): Promise<void> {
    await Promise.allSettled(this.closeListeners.map(async (listener) => listener()));
    await this.source.close();
  }

  override get status(): Observable<PeerStatus> {
    return this.events.status;
  }

  override on<Event extends keyof PeerEvents, Listener extends PeerEvents[Event] = PeerEvents[Event]>(
    event: Event,
    listener: Listener,
  ): void {
    this.events.on(event, listener);
  }

  /** The {@link FramePeer}; its `connection` is the NATS client's. */
  override unwrap<T = FramePeer>(): T {
    return this.peer as T;
  }

  private attach(peer: FramePeer): void {
    peer.onRequest(this.dispatch);
    this.events.attach(peer);
  }

  private async start(): Promise<void> {
    const peer = await this.connect();
    for (const address of this.addresses) this.serve(address);
    await peer.flush();
  }

  private readonly dispatch: RequestListener = (from, correlation, body, address) => {
    const handler = this.messageHandlers.get(body.kind);
    if (handler) this.handle(handler, body, new FrameContext([from, correlation, address]));
    else if (this.hotListener) this.hotListener(from, correlation, body, address);
    else throw new MalformedMessageError(`Nothing here handles ${body.kind}.`);
  };

  private handle(handler: MessageHandler, body: Body, context: FrameContext): void {
    if (context.correlation > 0) return this.answer(handler, body, context);
    this.handleEvent(body.kind, { pattern: body.kind, data: body }, context).catch((error: unknown) =>
      this.logger.error(error),
    );
  }

  private answer(handler: MessageHandler, body: Body, context: FrameContext): void {
    const reply = new RpcReply((answer) => this.peer.reply(context.from, context.correlation, answer));
    this.onProcessingStartHook(this.transportId, context, async () => {
      const results = await this.invoke(handler, body, context);
      this.send(
        results.pipe(finalize(() => this.onProcessingEndHook?.(this.transportId, context))),
        reply.take,
      );
    });
  }

  /** Never rejects: nobody would catch it. */
  private async invoke(
    handler: MessageHandler,
    body: Body,
    context: FrameContext,
  ): Promise<Observable<unknown>> {
    try {
      return this.transformToObservable<unknown>(await handler(body, context));
    } catch (error) {
      return throwError(() => error);
    }
  }
}
