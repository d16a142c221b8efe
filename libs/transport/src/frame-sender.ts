import { type Address, type GroundControlError, type Message, subjectOf } from '@ground-control/protocol';
import { FrameEncoder } from './frame-encoder.js';
import type { NatsLink } from './nats-link.js';
import { Outboxes } from './outboxes.js';

/** Gets a message that cannot be sent, and why. */
export type Refuse = (message: Message, to: Address, error: GroundControlError) => void;

/** Sends the messages of one peer: collected by address for a turn of the event loop, then as frames. */
export class FrameSender {
  private readonly outboxes: Outboxes;
  private readonly encoder: FrameEncoder;
  private readonly inbox: string;

  constructor(
    peerId: string,
    namespace: string,
    private readonly link: NatsLink,
    private readonly refuse: Refuse,
  ) {
    this.encoder = new FrameEncoder(peerId);
    this.inbox = subjectOf(namespace, { kind: 'peer', peer: peerId });
    this.outboxes = new Outboxes(namespace, (subject, messages, to) => this.deliver(subject, messages, to));
  }

  /** The present turn: a message that was queued in an earlier one has been handed to NATS. */
  get turn(): number {
    return this.outboxes.turn;
  }

  get isUp(): boolean {
    return this.link.isUp;
  }

  /**
   * Queues a message for the end of this turn; it is lost when there is no connection.
   *
   * @throws InvalidInputError when the address names a peer by what can be no peer's id
   */
  send(to: Address, message: Message): void {
    if (this.link.isUp) this.outboxes.add(to, message);
  }

  /** Sends now what is queued. */
  flush(): void {
    this.outboxes.flush();
  }

  private deliver(subject: string, messages: Message[], to: Address): void {
    if (!this.link.isUp) return;
    const { frames, refused } = this.encoder.encode(messages, this.link.maxPayload);
    // The inbox goes with every frame: NATS tells it when nobody listens, and a receiver that cannot read the frame
    // tells it so.
    for (const frame of frames) this.link.publish(subject, frame, this.inbox);
    for (const { message, error } of refused) this.refuse(message, to, error);
  }
}
