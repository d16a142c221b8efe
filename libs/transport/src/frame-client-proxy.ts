import { type Address, InvalidInputError } from '@ground-control/protocol';
import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import type { Body, PeerStatus } from './body.js';
import type { FramePeer } from './frame-peer.js';
import { PeerEventHub, type PeerEvents } from './peer-events.js';
import type { FramePeerOptions } from './peer-options.js';
import { type PeerFactory, PeerSource } from './peer-source.js';
import { errorOfRefusal } from './refusal.js';
import { resultOf } from './rpc-reply.js';

/** What {@link FrameClientProxy} sends: the fields of the body, and where to. */
export interface FrameData {
  to: Address;
  [field: string]: unknown;
}

/**
 * Nest's client side of frames. The pattern is the kind of the message; `data` is {@link FrameData}. `send` emits the
 * reply and completes; a refusal is an error of the class of its code; unsubscribing ends the wait. `emit` sends a
 * notice.
 *
 * @example
 * ```ts
 * const client = new FrameClientProxy({ servers });
 * const workers = await firstValueFrom(client.send('workers.list', { to: { kind: 'coordinators' } }));
 * ```
 */
export class FrameClientProxy extends ClientProxy<PeerEvents, PeerStatus> {
  private readonly source: PeerSource;
  private readonly events = new PeerEventHub();

  /** @param source how to connect, or what makes a connected peer, which the client then closes */
  constructor(source: FramePeerOptions | PeerFactory) {
    super();
    this.source = new PeerSource(source, (peer) => this.events.attach(peer));
  }

  override connect(): Promise<FramePeer> {
    return this.source.connect();
  }

  override close(): Promise<void> {
    return this.source.close();
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
    return this.source.peer as T;
  }

  protected override publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    const abort = new AbortController();
    void this.exchange(packet, callback, abort.signal);
    return () => abort.abort();
  }

  protected override async dispatchEvent<T>(packet: ReadPacket): Promise<T> {
    const { to, body } = this.take(packet);
    const peer = await this.connect();
    peer.notify(to, body);
    return undefined as T;
  }

  private async exchange(
    packet: ReadPacket,
    callback: (packet: WritePacket) => void,
    signal: AbortSignal,
  ): Promise<void> {
    callback(await this.ask(packet, signal));
  }

  private async ask(packet: ReadPacket, signal: AbortSignal): Promise<WritePacket> {
    try {
      const { to, body } = this.take(packet);
      const reply = await this.source.peer.request(to, body, { signal });
      const error = errorOfRefusal(reply);
      return error ? { err: error } : { response: resultOf(reply), isDisposed: true };
    } catch (error) {
      return { err: error };
    }
  }

  private take(packet: ReadPacket): { to: Address; body: Body } {
    const { to, ...fields } = packet.data as FrameData;
    const kind = this.normalizePattern(packet.pattern as string);
    if (typeof to !== 'object')
      throw new InvalidInputError(`${kind}: data.to must be the address to send to.`);
    return { to, body: { ...fields, kind } };
  }
}
