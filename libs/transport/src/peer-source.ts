import { CoordinatorUnavailableError } from '@ground-control/protocol';
import { FramePeer } from './frame-peer.js';
import type { FramePeerOptions } from './peer-options.js';

/** Makes the peer that a server or client uses, and gives it away: who asked for it closes it. */
export type PeerFactory = () => Promise<FramePeer>;

/** A peer that is connected when it is first needed. */
export class PeerSource {
  private connecting: Promise<FramePeer> | undefined;
  private connected: FramePeer | undefined;
  private readonly make: PeerFactory;

  /** @param onConnected is called with each new peer, before anybody else gets it */
  constructor(
    source: FramePeerOptions | PeerFactory,
    private readonly onConnected: (peer: FramePeer) => void,
  ) {
    this.make = typeof source === 'function' ? source : () => FramePeer.connect(source);
  }

  /** @throws CoordinatorUnavailableError before there is a connection */
  get peer(): FramePeer {
    if (this.connected) return this.connected;
    throw new CoordinatorUnavailableError(
      'There is no connection to NATS yet: wait for listen() or connect().',
    );
  }

  /** Connects; a second call gives the same peer, unless the first one failed or was closed. */
  connect(): Promise<FramePeer> {
    this.connecting ??= this.open();
    return this.connecting;
  }

  async close(): Promise<void> {
    const connecting = this.connecting;
    this.connecting = undefined;
    const peer = await connecting?.catch(() => undefined);
    this.connected = undefined;
    await peer?.close();
  }

  private async open(): Promise<FramePeer> {
    try {
      const peer = await this.make();
      this.connected = peer;
      this.onConnected(peer);
      return peer;
    } catch (error) {
      this.connecting = undefined;
      throw error;
    }
  }
}
