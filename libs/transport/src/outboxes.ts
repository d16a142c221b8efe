import { type Address, type Message, subjectOf } from '@ground-control/protocol';
import { assertPeerId } from './peer-options.js';

/** The messages for one address that wait for the end of this turn of the event loop. */
class Outbox {
  messages: Message[] = [];
  constructor(
    readonly address: Address,
    readonly subject: string,
  ) {}
}

/** Sends what was collected for one address in a turn. */
export type Deliver = (subject: string, messages: Message[], address: Address) => void;

/**
 * Collects messages by address and hands them over once a turn of the event loop. The flush is a `setImmediate`: it
 * runs after all that the sockets had to say in this turn was handled, with every promise behind it, so that the
 * replies to many frames share one.
 */
export class Outboxes {
  /** Counts the flushes: what was added in an earlier turn has been sent. */
  turn = 1;
  private readonly partitions = new Map<number, Outbox>();
  private readonly peers = new Map<string, Outbox>();
  private readonly others = new Map<string, Outbox>();
  private waiting: Outbox[] = [];

  constructor(
    private readonly namespace: string,
    private readonly deliver: Deliver,
  ) {}

  /** @throws InvalidInputError when the address names a peer by what can be no peer's id */
  add(to: Address, message: Message): void {
    const outbox = this.outboxOf(to);
    if (outbox.messages.length === 0) this.await(outbox);
    outbox.messages.push(message);
  }

  /** Hands over now what waits. */
  flush = (): void => {
    const waiting = this.waiting;
    this.waiting = [];
    this.turn += 1;
    for (const outbox of waiting) {
      const messages = outbox.messages;
      outbox.messages = [];
      // Peers come and go, and a box costs little: none is kept for one that may never be written to again.
      if (outbox.address.kind === 'peer') this.peers.delete(outbox.address.peer);
      this.deliver(outbox.subject, messages, outbox.address);
    }
  };

  private await(outbox: Outbox): void {
    if (this.waiting.length === 0) setImmediate(this.flush);
    this.waiting.push(outbox);
  }

  private outboxOf(to: Address): Outbox {
    switch (to.kind) {
      case 'partition':
        return this.partitions.get(to.partition) ?? this.open(this.partitions, to.partition, to);
      case 'peer':
        return this.peers.get(to.peer) ?? this.openPeer(to.peer, to);
      case 'coordinators':
      case 'announcements':
        return this.others.get(to.kind) ?? this.open(this.others, to.kind, to);
      case 'journal':
        throw new TypeError('The journal is a stream: nothing is sent to it in frames.');
    }
  }

  private openPeer(peer: string, to: Address): Outbox {
    assertPeerId(peer);
    return this.open(this.peers, peer, to);
  }

  private open<Key>(boxes: Map<Key, Outbox>, key: Key, to: Address): Outbox {
    const outbox = new Outbox(to, subjectOf(this.namespace, to));
    boxes.set(key, outbox);
    return outbox;
  }
}
