import { decodeFrame } from '@ground-control/protocol';
import type { MsgHdrs } from '@nats-io/nats-core';
import type { Kernel } from '../kernel/kernel.js';
import type { SimProcess } from '../kernel/sim-process.js';

/** What may become of a message on each of its two ways: to the server, and from it. Probabilities from 0 to 1. */
export interface NetworkFaults {
  lost: number;
  doubled: number;
  /** Late by up to seconds. */
  delayed: number;
  /** Late by a little, so that others overtake it. */
  overtaken: number;
}

export const NO_FAULTS: Readonly<NetworkFaults> = { lost: 0, doubled: 0, delayed: 0, overtaken: 0 };

/** A message on its way. */
export interface Packet {
  subject: string;
  reply: string;
  data: Uint8Array;
  headers?: MsgHdrs | undefined;
}

/** A connection, as the server knows it. */
export interface Endpoint {
  readonly process: SimProcess;
  readonly inbound: Leg;
  /** Whether messages pass. */
  readonly isOpen: boolean;
  lose(): void;
  reconnectSoon(): void;
}

export interface Listener {
  connection: Endpoint;
  subject: string;
  queue: string | undefined;
  take: (packet: Packet) => void;
}

/** One direction of a connection: what is not overtaken keeps its order. */
export class Leg {
  private lastAt = 0;

  constructor(private readonly network: SimNetwork) {}

  /** @returns after how long each copy of a message arrives; none when it is lost */
  delays(): number[] {
    const { kernel, faults } = this.network;
    const { random } = kernel;
    if (random.chance(faults.lost)) return [];
    const copies = random.chance(faults.doubled) ? 2 : 1;
    return Array.from({ length: copies }, () => this.delay());
  }

  /** The delay of something that is neither lost nor overtaken. */
  inOrder(): number {
    const { kernel } = this.network;
    this.lastAt = Math.max(this.lastAt, kernel.now + this.latency());
    return this.lastAt - kernel.now;
  }

  private delay(): number {
    const { faults, kernel } = this.network;
    if (kernel.random.chance(faults.delayed)) return kernel.random.between(0, 8_000);
    if (kernel.random.chance(faults.overtaken)) return this.latency() + kernel.random.between(0, 50);
    return this.inOrder();
  }

  private latency(): number {
    return this.network.kernel.random.between(0.05, 1.5);
  }
}

/** A NATS server as its clients see it, without JetStream: subjects, queue groups, and answers that nobody listens. */
export class SimNetwork {
  faults: NetworkFaults = NO_FAULTS;
  /** Whether the server runs. */
  isUp = true;
  readonly connections: Set<Endpoint> = new Set();
  private readonly listeners = new Map<string, Set<Listener>>();

  constructor(readonly kernel: Kernel) {}

  add(listener: Listener): void {
    const listeners = this.listeners.get(listener.subject) ?? new Set();
    this.listeners.set(listener.subject, listeners.add(listener));
  }

  remove(listener: Listener): void {
    this.listeners.get(listener.subject)?.delete(listener);
  }

  /** The server goes: every connection is lost, and comes back some time after the server does. */
  stop(): void {
    this.isUp = false;
    for (const connection of this.connections) connection.lose();
  }

  start(): void {
    this.isUp = true;
    for (const connection of this.connections) connection.reconnectSoon();
  }

  /** A message arrives at the server. */
  route(packet: Packet): void {
    const listeners = [...(this.listeners.get(packet.subject) ?? [])];
    if (listeners.length === 0) return this.tellNobodyListens(packet);
    for (const listener of this.receivers(listeners)) {
      for (const delay of listener.connection.inbound.delays()) this.deliver(delay, listener, packet);
    }
  }

  private receivers(listeners: Listener[]): Listener[] {
    const queues = new Map<string, Listener[]>();
    const all: Listener[] = [];
    for (const listener of listeners) {
      if (listener.queue === undefined) all.push(listener);
      else queues.set(listener.queue, [...(queues.get(listener.queue) ?? []), listener]);
    }
    for (const queue of queues.values()) all.push(this.kernel.random.pick(queue));
    return all;
  }

  private deliver(delayMs: number, listener: Listener, packet: Packet): void {
    const { process } = listener.connection;
    this.kernel.after(delayMs, process, () => {
      if (!listener.connection.isOpen) return;
      this.kernel.trace(`${process.name} <- ${packet.subject}`, () => contentsOf(packet));
      listener.take(packet);
    });
  }

  private tellNobodyListens({ subject, reply }: Packet): void {
    if (!reply) return;
    const [listener] = this.listeners.get(reply) ?? [];
    if (!listener) return;
    const headers = { code: 503, get: () => subject } as unknown as MsgHdrs;
    for (const delay of listener.connection.inbound.delays())
      this.deliver(delay, listener, { subject: reply, reply: '', data: new Uint8Array(), headers });
  }
}

/** What a packet says, for a reader of a trace. */
export function contentsOf({ data, headers }: Packet): string {
  if (headers) return `nobody listens at ${headers.get('')}`;
  try {
    return decodeFrame(data)
      .messages.map(([correlation, body]) => `${correlation} ${inShort(body)}`)
      .join('; ');
  } catch {
    return `${data.length} bytes`;
  }
}

function inShort(body: object): string {
  const shown = Object.entries(body).map(([name, value]) => `${name}=${shorten(value)}`);
  return shown.filter((it) => !it.endsWith('=')).join(' ');
}

function shorten(value: unknown): string {
  if (value === undefined) return '';
  if (value instanceof Uint8Array) return `<${value.length}>`;
  if (Array.isArray(value)) return `[${value.map(shorten).join(',')}]`.slice(0, 160);
  if (typeof value === 'object' && value !== null) return `{${inShort(value)}}`.slice(0, 200);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
