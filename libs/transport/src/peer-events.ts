import { distinctUntilChanged, type Observable, ReplaySubject } from 'rxjs';
import type { ErrorListener, PeerStatus } from './body.js';
import type { FramePeer } from './frame-peer.js';

/** What Nest users can listen to with `on`, of a server or a client. */
// A type, not an interface: Nest wants it to be assignable to a record of functions.
export type PeerEvents = {
  connected: () => void;
  disconnected: () => void;
  closed: () => void;
  error: ErrorListener;
};

/** Keeps the listeners of a server or client until it has a peer, which may be long after they were added. */
export class PeerEventHub {
  private readonly listeners: { [Event in keyof PeerEvents]: PeerEvents[Event][] } = {
    connected: [],
    disconnected: [],
    closed: [],
    error: [],
  };
  private readonly statuses = new ReplaySubject<PeerStatus>(1);
  private peer: FramePeer | undefined;

  get status(): Observable<PeerStatus> {
    return this.statuses.pipe(distinctUntilChanged());
  }

  on<Event extends keyof PeerEvents>(event: Event, listener: PeerEvents[Event]): void {
    this.listeners[event].push(listener);
    if (event === 'error') this.peer?.onError(listener);
  }

  attach(peer: FramePeer): void {
    this.peer = peer;
    for (const listener of this.listeners.error) peer.onError(listener);
    peer.onStatus((status) => this.tell(status));
    this.tell('connected');
  }

  private tell(status: PeerStatus): void {
    this.statuses.next(status);
    for (const listener of this.listeners[status]) listener();
  }
}
