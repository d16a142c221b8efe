import {
  type Address,
  addressOf,
  decodeFrame,
  type DecodeOptions,
  type Frame,
  MalformedMessageError,
  type Message,
} from '@ground-control/protocol';
import type { Msg } from '@nats-io/transport-node';
import type { Body, RequestListener } from './body.js';
import { isPeerId } from './peer-options.js';

/** What a receiver needs from its peer. */
export interface ReceiverOwner {
  /** A reply to one of our requests. */
  settle(correlation: number, reply: Body): void;
  /** NATS says that nobody listens at an address that we sent to. */
  unserved(address: Address): void;
  /** A listener threw. `correlation` is above 0 when there is someone to tell. */
  failed(from: string, correlation: number, error: unknown): void;
  /** Bytes that are no frame came; `replyTo` is where their sender listens, when that is known. */
  malformed(replyTo: string, error: MalformedMessageError): void;
}

const NO_RESPONDERS = 503;

/**
 * Takes frames apart and gives each message to whom it is for. It never throws: an exception in a subscription's
 * callback would end the connection.
 */
export class FrameReceiver {
  constructor(
    private readonly owner: ReceiverOwner,
    private readonly options: DecodeOptions = {},
  ) {}

  /** Takes one NATS message that came to `address`. */
  receive(msg: Msg, address: Address, listener: RequestListener): void {
    try {
      if (isNoResponders(msg)) return this.noResponders(msg);
      this.take(this.decode(msg), address, listener);
    } catch (error) {
      this.owner.malformed(msg.reply ?? '', asMalformed(error, msg.subject));
    }
  }

  private take(frame: Frame, address: Address, listener: RequestListener): void {
    for (const message of frame.messages) this.dispatch(frame.from, message, address, listener);
  }

  private dispatch(
    from: string,
    [correlation, body]: Message,
    address: Address,
    listener: RequestListener,
  ): void {
    try {
      if (correlation < 0) return this.owner.settle(-correlation, body);
      const outcome: unknown = listener(from, correlation, body, address);
      if (outcome instanceof Promise) this.watch(from, correlation, outcome);
    } catch (error) {
      this.owner.failed(from, correlation, error);
    }
  }

  /** A listener should not return a promise; where one does all the same, its rejection must not end the process. */
  private watch(from: string, correlation: number, outcome: Promise<unknown>): void {
    outcome.catch((error: unknown) => this.owner.failed(from, correlation, error));
  }

  private noResponders(msg: Msg): void {
    const address = addressOf(msg.headers?.get('Nats-Subject') ?? '');
    if (address) this.owner.unserved(address);
  }

  private decode(msg: Msg): Frame {
    const frame = decodeFrame(msg.data, this.options);
    if (isPeerId(frame.from)) return frame;
    throw new MalformedMessageError('The sender of a frame must be the id of a peer.');
  }
}

function isNoResponders(msg: Msg): boolean {
  return msg.data.length === 0 && msg.headers?.code === NO_RESPONDERS;
}

function asMalformed(error: unknown, subject: string): MalformedMessageError {
  const reason = error instanceof Error ? error.message : String(error);
  return new MalformedMessageError(`${subject}: ${reason}`, { cause: error });
}
