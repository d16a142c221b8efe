import 'reflect-metadata';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedNatsServer, locateNatsServer } from '@ground-control/nats-server';
import {
  type Address,
  decodeFrame,
  encodeFrames,
  InvalidInputError,
  subjectOf,
} from '@ground-control/protocol';
import {
  type Body,
  FrameClientProxy,
  FrameContext,
  FramePeer,
  type FramePeerOptions,
  FrameServer,
  GroundControlExceptionFilter,
  type RequestListener,
} from '@ground-control/transport';
import { connect } from '@nats-io/transport-node';
import { type CanActivate, Controller, Injectable, Module, UseGuards } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

const MAX_PAYLOAD = 64 * 1024;
const PARTITION: Address = { kind: 'partition', partition: 1 };
/** So rare that what comes again in a test was not sent again by the clock. */
const NO_RESEND = { firstMs: 600_000, maxMs: 600_000 };

interface Numbered extends Body {
  n: number;
}

let store: string;
let server: EmbeddedNatsServer;
let namespace: string;
let peers: FramePeer[];

beforeAll(async () => {
  store = await mkdtemp(join(tmpdir(), 'gc-transport-'));
  server = await EmbeddedNatsServer.start({ storeDirectory: store, maxPayloadBytes: MAX_PAYLOAD });
});

afterAll(async () => {
  await server.stop();
  await rm(store, { recursive: true, force: true });
});

beforeEach(() => {
  namespace = `t-${randomUUID()}`;
  peers = [];
});

afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()));
});

async function peerOf(options: FramePeerOptions = {}): Promise<FramePeer> {
  const peer = await FramePeer.connect({ servers: server.url, namespace, ...options });
  peers.push(peer);
  return peer;
}

/** A peer that answers what comes to the partition; `received` has the numbers of the requests in their order. */
async function echoOf(
  respond: (body: Body, peer: FramePeer) => Body | undefined = (body) => body,
): Promise<{ echo: FramePeer; received: number[] }> {
  const echo = await peerOf();
  const received: number[] = [];
  echo.listen(PARTITION, (from, correlation, body) => {
    received.push(correlation);
    const reply = respond(body, echo);
    if (reply) echo.reply(from, correlation, reply);
  });
  await echo.flush();
  return { echo, received };
}

const numbered = (n: number): Numbered => ({ kind: 'numbered', n });
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const until = (condition: () => void, timeout = 20_000): Promise<void> =>
  vi.waitFor(condition, { timeout, interval: 5 });
const sentBy = (peer: FramePeer): number => peer.connection.stats().outMsgs;

describe('frames', () => {
  it('carry all requests of a turn to one address in one NATS message, and their replies in another', async () => {
    const { echo } = await echoOf();
    const peer = await peerOf();
    const before = [sentBy(peer), sentBy(echo)];
    const replies = await Promise.all(upTo(500).map((n) => peer.request(PARTITION, numbered(n))));
    expect(replies).toEqual(upTo(500).map(numbered));
    expect([sentBy(peer), sentBy(echo)]).toEqual(before.map((count) => count + 1));
  });

  it('are one for each address', async () => {
    const [peer, other] = [await peerOf(), await peerOf()];
    const seen: string[] = [];
    const listener: RequestListener = (_from, _correlation, body, address) => {
      seen.push(`${body.kind} at ${subjectOf('', address)}`);
    };
    other.onRequest(listener);
    for (const partition of [0, 1]) other.listen({ kind: 'partition', partition }, listener);
    await other.flush();
    const before = sentBy(peer);
    for (const kind of ['a', 'b']) {
      peer.notify({ kind: 'partition', partition: 0 }, { kind });
      peer.notify({ kind: 'partition', partition: 1 }, { kind });
      peer.notify({ kind: 'peer', peer: other.id }, { kind });
    }
    await until(() => expect(seen).toHaveLength(6));
    expect(sentBy(peer) - before).toBe(3);
    expect(new Set(seen).size).toBe(6);
  });

  it('are split below the limit of the server', async () => {
    await echoOf();
    const peer = await peerOf();
    const before = sentBy(peer);
    const bodies = upTo(300).map((n) => ({ ...numbered(n), data: new Uint8Array(1_000) }));
    const replies = await Promise.all(bodies.map((body) => peer.request(PARTITION, body)));
    expect(replies.map((reply) => (reply as Numbered).n)).toEqual(upTo(300));
    expect(sentBy(peer) - before).toBeGreaterThanOrEqual(5);
    expect(sentBy(peer) - before).toBeLessThan(20);
  });

  it('refuse a request over the limit to its caller, and no other', async () => {
    await echoOf();
    const peer = await peerOf();
    const data = new Uint8Array(MAX_PAYLOAD);
    const outcomes = await Promise.allSettled([
      peer.request(PARTITION, numbered(1)),
      peer.request(PARTITION, { kind: 'large', data } as Body),
      peer.request(PARTITION, numbered(3)),
    ]);
    expect(outcomes).toMatchObject([
      { value: numbered(1) },
      { reason: { code: 'PAYLOAD_TOO_LARGE', details: { limit: MAX_PAYLOAD } } },
      { value: numbered(3) },
    ]);
  });

  it('answer for a reply over the limit', async () => {
    await echoOf(() => ({ kind: 'large', data: new Uint8Array(MAX_PAYLOAD) }) as Body);
    const peer = await peerOf();
    await expect(peer.request(PARTITION, numbered(1))).resolves.toMatchObject({
      kind: 'error',
      code: 'PAYLOAD_TOO_LARGE',
    });
  });
});

describe('a request', () => {
  it('is tried until somebody listens', async () => {
    const peer = await peerOf({ resend: NO_RESEND });
    const reply = peer.request(PARTITION, numbered(1));
    const misses = (): number => peer.connection.stats().inMsgs;
    await until(() => expect(misses()).toBeGreaterThanOrEqual(3));
    const { received } = await echoOf();
    await expect(reply).resolves.toEqual(numbered(1));
    expect(received).toEqual([1]);
  });

  it('keeps its number when it is sent again, and takes the first of several replies', async () => {
    const peer = await peerOf({ resend: { firstMs: 100, jitter: 0 } });
    let deliveries = 0;
    const { received } = await echoOf((body, echo) => {
      deliveries += 1;
      if (deliveries < 3) return undefined;
      echo.reply(peer.id, 1, { kind: 'first' });
      return body;
    });
    await expect(peer.request(PARTITION, numbered(1))).resolves.toEqual({ kind: 'first' });
    await expect(peer.request(PARTITION, numbered(2))).resolves.toEqual(numbered(2));
    expect(received.slice(0, 4)).toEqual([1, 1, 1, 2]);
    expect(peer.pendingRequests).toBe(0);
  });

  it('is sent again at once when a leader of its partition is elected', async () => {
    const peer = await peerOf({ resend: NO_RESEND });
    let elected = false;
    const { echo, received } = await echoOf((body) => (elected ? body : undefined));
    const other: number[] = [];
    echo.listen({ kind: 'coordinators' }, (_from, correlation) => other.push(correlation));
    echo.listen({ kind: 'partition', partition: 2 }, (_from, correlation) => other.push(-correlation));
    await echo.flush();
    const replies = Promise.all(upTo(3).map((n) => peer.request(PARTITION, numbered(n))));
    const never = new AbortController();
    const waiting = [{ kind: 'coordinators' } as const, { kind: 'partition', partition: 2 } as const].map(
      (to) => peer.request(to, numbered(0), { signal: never.signal }).catch(() => undefined),
    );
    await until(() => expect([...received, ...other]).toEqual([1, 2, 3, 4, -5]));
    elected = true;
    const notice = { kind: 'leader.elected', coordinatorId: 'c', partitions: [1] };
    const announced = new Promise<Body>((resolve) => peer.onAnnouncement(resolve));
    echo.notify({ kind: 'announcements' }, notice);
    await expect(replies).resolves.toEqual(upTo(3).map(numbered));
    await expect(announced).resolves.toEqual(notice);
    expect(received).toEqual([1, 2, 3, 1, 2, 3]);
    await until(() => expect(other).toEqual([4, -5, 4]));
    never.abort();
    await Promise.all(waiting);
  });

  it('that nobody answers in time says what was asked, of whom, where and for how long', async () => {
    const peer = await peerOf();
    const failure = await peer
      .request(PARTITION, { kind: 'workflow.start' }, { timeoutMs: 300 })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'COORDINATOR_UNAVAILABLE' });
    const { message } = failure as Error;
    expect(message).toMatch(/workflow\.start to the leader of partition 1 had no answer within 3\d\d ms/);
    expect(message).toContain(server.url);
    expect(message).toContain('nobody listens there');
  });

  it('ends with the reason of its signal', async () => {
    await echoOf(() => undefined);
    const peer = await peerOf();
    const controller = new AbortController();
    const reply = peer.request(PARTITION, numbered(1), { timeoutMs: Infinity, signal: controller.signal });
    controller.abort(new Error('no longer wanted'));
    await expect(reply).rejects.toThrow('no longer wanted');
    expect(peer.pendingRequests).toBe(0);
  });
});

describe('when NATS is killed', () => {
  afterEach(async () => {
    if (server.pid === undefined) await server.restart();
  });

  it('pending requests complete after its restart, those made meanwhile too, in their order', async () => {
    let answering = false;
    const peer = await peerOf({ resend: NO_RESEND });
    const received: number[] = [];
    peer.listen(PARTITION, (from, correlation, body) => {
      received.push(correlation);
      if (answering) peer.reply(from, correlation, body);
    });
    const before = upTo(200).map((n) => peer.request(PARTITION, numbered(n), { timeoutMs: Infinity }));
    await until(() => expect(received).toHaveLength(200));
    await server.kill();
    await until(() => expect(peer.status).toBe('disconnected'));
    const during = upTo(100).map((n) => peer.request(PARTITION, numbered(200 + n), { timeoutMs: Infinity }));
    answering = true;
    received.length = 0;
    await server.restart();
    const replies = await Promise.all([...before, ...during]);
    expect(replies).toEqual(upTo(300).map(numbered));
    expect(received).toEqual(upTo(300));
  });

  it('requests between two peers complete, whichever of them is back first', async () => {
    const { received } = await echoOf();
    const peer = await peerOf();
    await peer.request(PARTITION, numbered(0));
    const replies: Promise<Body>[] = [];
    const ask = (n: number): void => {
      replies.push(peer.request(PARTITION, numbered(n), { timeoutMs: Infinity }));
    };
    upTo(50).forEach(ask);
    const killed = server.kill();
    upTo(50).forEach((n) => ask(50 + n));
    await killed;
    await until(() => expect(peer.status).toBe('disconnected'));
    upTo(50).forEach((n) => ask(100 + n));
    await server.restart();
    expect(await Promise.all(replies)).toEqual(upTo(150).map(numbered));
    expect(new Set(received).size).toBe(151);
  });

  it('nothing is handed to a connection that is away', async () => {
    const peer = await peerOf();
    await server.kill();
    await until(() => expect(peer.status).toBe('disconnected'));
    const before = sentBy(peer);
    for (const n of upTo(1_000)) peer.notify(PARTITION, numbered(n));
    const reply = peer.request(PARTITION, numbered(1), { timeoutMs: 200 });
    await expect(reply).rejects.toThrow(/there is no connection to NATS/);
    expect(sentBy(peer)).toBe(before);
    await server.restart();
    await until(() => expect(peer.status).toBe('connected'));
  });

  it('a peer closes at once, and fails what it waited for', async () => {
    const peer = await peerOf();
    await server.kill();
    await until(() => expect(peer.status).toBe('disconnected'));
    const reply = peer.request(PARTITION, numbered(1), { timeoutMs: Infinity });
    const failed = { status: 'rejected', reason: { code: 'COORDINATOR_UNAVAILABLE' } };
    expect(await Promise.allSettled([reply, peer.close()])).toMatchObject([failed, { status: 'fulfilled' }]);
    expect(peer.status).toBe('closed');
  });
});

describe('a peer', () => {
  it('that finds no server says which, in bounded time', async () => {
    const startedAt = performance.now();
    const connecting = FramePeer.connect({ servers: 'nats://127.0.0.1:1', connectTimeoutMs: 500 });
    await expect(connecting).rejects.toMatchObject({
      code: 'COORDINATOR_UNAVAILABLE',
      message: expect.stringContaining('nats://127.0.0.1:1') as string,
    });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it('refuses ids, namespaces and servers that cannot be', async () => {
    for (const options of [{ peerId: 'a.b' }, { namespace: 'a b' }, { servers: 'ws://127.0.0.1:1' }]) {
      await expect(FramePeer.connect(options)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
  });

  it('that is closed has sent what was queued, and takes no more', async () => {
    const { received } = await echoOf();
    const peer = await peerOf();
    for (const n of upTo(20)) peer.notify(PARTITION, numbered(n));
    const reply = peer.request(PARTITION, numbered(1));
    const failed = { status: 'rejected', reason: { code: 'COORDINATOR_UNAVAILABLE' } };
    expect(await Promise.allSettled([reply, peer.close()])).toMatchObject([failed, { status: 'fulfilled' }]);
    await until(() => expect(received).toHaveLength(21));
    await expect(peer.request(PARTITION, numbered(2))).rejects.toThrow(/closed/);
  });

  it('answers requests to its inbox, and refuses them while it takes none', async () => {
    const [peer, other] = [await peerOf(), await peerOf()];
    const to: Address = { kind: 'peer', peer: other.id };
    await expect(peer.request(to, numbered(1))).resolves.toMatchObject({ code: 'MALFORMED_MESSAGE' });
    other.onRequest((from, correlation, body) => other.reply(from, correlation, body));
    await expect(peer.request(to, numbered(2))).resolves.toEqual(numbered(2));
  });
});

describe('where NATS permits little', () => {
  let restricted: ChildProcess;
  let servers: string;

  beforeAll(async () => {
    const users = `
      { user: mute, password: x, permissions: { publish: ["gc.*.peer.>"], subscribe: ">" } }
      { user: deaf, password: x, permissions: { publish: ">", subscribe: ["nothing"] } }`;
    const config = join(store, 'restricted.conf');
    await writeFile(config, `listen: "127.0.0.1:-1"\nauthorization { users = [ ${users} ] }`);
    const { path } = await locateNatsServer();
    restricted = spawn(path, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    servers = `nats://${await listeningAddress(restricted)}`;
  });

  afterAll(async () => {
    const ended = once(restricted, 'close');
    restricted.kill('SIGKILL');
    await ended;
  });

  const as = (user: string): FramePeerOptions => ({ servers, namespace, connection: { user, pass: 'x' } });

  it('wrong credentials are refused at once', async () => {
    await expect(FramePeer.connect(as('nobody'))).rejects.toMatchObject({
      code: 'COORDINATOR_UNAVAILABLE',
      message: expect.stringMatching(/refuses the connection: Authorization Violation/) as string,
    });
  });

  it('a peer that may not listen at its inbox does not connect', async () => {
    await expect(FramePeer.connect(as('deaf'))).rejects.toThrow(/does not permit to subscribe to gc\./);
  });

  it('a request that may not be sent fails at once', async () => {
    const peer = await peerOf(as('mute'));
    const request = peer.request(PARTITION, numbered(1), { timeoutMs: Infinity });
    await expect(request).rejects.toThrow('NATS does not permit to send to the leader of partition 1.');
  });
});

async function listeningAddress(nats: ChildProcess): Promise<string> {
  let log = '';
  nats.stderr?.on('data', (chunk) => (log += String(chunk)));
  return vi.waitUntil(() => /Listening for client connections on (\S+)/.exec(log)?.[1], { timeout: 20_000 });
}

describe('what goes wrong', () => {
  const addresses = (peer: FramePeer): Address[] => [
    PARTITION,
    { kind: 'coordinators' },
    { kind: 'announcements' },
    { kind: 'peer', peer: peer.id },
  ];

  it('garbage on any subject is answered with an error, and everything else goes on', async () => {
    const { echo } = await echoOf();
    echo.listen({ kind: 'coordinators' }, () => undefined);
    const problems: Error[] = [];
    echo.onError((error) => problems.push(error));
    await echo.flush();
    const stranger = await connect({ servers: server.url });
    for (const address of addresses(echo)) {
      for (const bytes of [new Uint8Array(), randomBytes(300), new Uint8Array(9_000).fill(0x91)]) {
        const answer = await stranger.request(subjectOf(namespace, address), bytes, { timeout: 5_000 });
        expect(decodeFrame(answer.data)).toMatchObject({
          from: echo.id,
          messages: [[0, { kind: 'error', code: 'MALFORMED_MESSAGE' }]],
        });
      }
    }
    await stranger.close();
    expect(problems).toHaveLength(12);
    const peer = await peerOf();
    await expect(peer.request(PARTITION, numbered(1))).resolves.toEqual(numbered(1));
  });

  it('a peer whose bytes cannot be read is told, and neither answers for ever', async () => {
    const { echo } = await echoOf();
    const peer = await peerOf();
    const [toldPeer, toldEcho] = [[], []] as [string[], string[]];
    peer.onError((error) => toldPeer.push(`${error.name}: ${error.message}`));
    echo.onError((error) => toldEcho.push(error.name));
    const inbox = subjectOf(namespace, { kind: 'peer', peer: peer.id });
    peer.connection.publish(subjectOf(namespace, PARTITION), randomBytes(50), { reply: inbox });
    await until(() => expect(toldPeer).toHaveLength(1));
    expect(toldPeer[0]).toMatch(/^MalformedMessageError: gc\..*\.partition\.1: /);
    await peer.request(PARTITION, numbered(1));
    expect([toldPeer.length, toldEcho.length]).toEqual([1, 1]);
  });

  it('a frame from no possible peer is refused', async () => {
    const { echo, received } = await echoOf();
    const problems: Error[] = [];
    echo.onError((error) => problems.push(error));
    for (const from of ['', 'a b', '*', 'gc.x']) {
      const [frame] = encodeFrames(from, [[1, numbered(1)]], MAX_PAYLOAD);
      echo.connection.publish(subjectOf(namespace, PARTITION), frame);
    }
    await until(() => expect(problems).toHaveLength(4));
    expect(received).toEqual([]);
  });

  it('a listener that throws fails its own request, and no other of the frame', async () => {
    const { echo } = await echoOf((body) => {
      const { n } = body as Numbered;
      if (n === 2) throw new Error('two');
      if (n === 3) throw new InvalidInputError('three', { details: { n } });
      return body;
    });
    const problems: string[] = [];
    echo.onError((error) => {
      problems.push(error.message);
      throw new Error('a listener of errors may fail, too');
    });
    const peer = await peerOf();
    const replies = await Promise.all(upTo(4).map((n) => peer.request(PARTITION, numbered(n))));
    expect(replies).toEqual([
      numbered(1),
      { kind: 'error', code: 'GROUND_CONTROL', message: 'two' },
      { kind: 'error', code: 'INVALID_INPUT', message: 'three', details: { n: 3 } },
      numbered(4),
    ]);
    expect(problems).toEqual(['two', 'three']);
  });
});

describe('the cost', () => {
  it('of 50,000 round trips is a few microseconds each', async () => {
    const { echo } = await echoOf();
    const peer = await peerOf();
    const total = 50_000;
    let next = 0;
    const caller = async (): Promise<void> => {
      while (next < total) {
        next += 1;
        await peer.request(PARTITION, {
          kind: 'step.result',
          runId: '01J00000000000000000000000',
          n: next,
        } as Body);
      }
    };
    const before = sentBy(peer);
    const [cpu, startedAt] = [process.cpuUsage(), performance.now()];
    await Promise.all(Array.from({ length: 256 }, caller));
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (performance.now() - startedAt) / 1_000;
    const messages = 2 * total;
    console.log(
      `${Math.round(messages / seconds)} messages/s, ${((user + system) / (2 * messages)).toFixed(2)} µs of CPU to ` +
        `send or take one, ${(total / (sentBy(peer) - before)).toFixed(1)} requests a frame (both peers in this process)`,
    );
    expect(sentBy(peer) - before).toBeLessThan(total / 10);
    expect(echo.pendingRequests + peer.pendingRequests).toBe(0);
  });
});

@Injectable()
class Deny implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller()
class TestController {
  readonly events: unknown[] = [];

  @MessagePattern('add')
  add(@Payload() body: { a: number; b: number }): number {
    return body.a + body.b;
  }

  @MessagePattern('context')
  context(@Ctx() context: FrameContext): Body {
    const { from, correlation, address } = context;
    return { kind: 'context', from, correlation, address } as Body;
  }

  @MessagePattern('refuse')
  refuse(): never {
    throw new InvalidInputError('not so', { details: ['field'] });
  }

  @MessagePattern('rpc')
  rpc(): never {
    throw new RpcException({ code: 'MINE', message: 'as I said' });
  }

  @MessagePattern('fail')
  fail(): never {
    throw new Error('a secret');
  }

  @UseGuards(Deny)
  @MessagePattern('guarded')
  guarded(): string {
    return 'never';
  }

  @EventPattern('happened')
  happened(@Payload() body: unknown): void {
    this.events.push(body);
  }
}

@Module({
  controllers: [TestController],
  providers: [{ provide: APP_FILTER, useClass: GroundControlExceptionFilter }],
})
class TestModule {}

describe('in Nest', () => {
  const to: Address = { kind: 'coordinators' };

  async function start(): Promise<{
    strategy: FrameServer;
    client: FrameClientProxy;
    controller: TestController;
    close: () => Promise<void>;
  }> {
    const options = { servers: server.url, namespace };
    const strategy = new FrameServer(options, [to]);
    const app = await NestFactory.createMicroservice(TestModule, { strategy, logger: false });
    await app.listen();
    const client = new FrameClientProxy(options);
    const close = async (): Promise<void> => {
      await client.close();
      await app.close();
    };
    return { strategy, client, controller: app.get(TestController), close };
  }

  it('handlers answer what the client sends, through guards and filters', async () => {
    const { strategy, client, close } = await start();
    const ask = (kind: string, data: object = {}): Promise<unknown> =>
      firstValueFrom(client.send<unknown>(kind, { to, ...data }));
    await expect(ask('add', { a: 1, b: 2 })).resolves.toBe(3);
    await expect(ask('context')).resolves.toEqual({
      kind: 'context',
      from: client.unwrap().id,
      correlation: expect.any(Number) as number,
      address: to,
    });
    await expect(ask('refuse')).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: 'not so',
      details: ['field'],
    });
    await expect(ask('rpc')).rejects.toMatchObject({ code: 'MINE', message: 'as I said' });
    await expect(ask('fail')).rejects.toMatchObject({
      code: 'GROUND_CONTROL',
      message: 'Internal server error',
    });
    await expect(ask('guarded')).rejects.toMatchObject({ code: 'GROUND_CONTROL' });
    await expect(ask('unknown')).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
    await expect(firstValueFrom(client.send('add', { a: 1 }))).rejects.toThrow(/data\.to/);
    expect(strategy.unwrap()).toBe(strategy.peer);
    await close();
  });

  it('notices reach event handlers, and kinds without a handler the hot listener', async () => {
    const { strategy, client, controller, close } = await start();
    strategy.onHotMessage((from, correlation, body) => {
      strategy.peer.reply(from, correlation, { kind: 'hot', was: body.kind } as Body);
    });
    client.emit('happened', { to, n: 1 });
    await until(() => expect(controller.events).toEqual([{ kind: 'happened', n: 1 }]));
    const reply = await firstValueFrom(client.send<unknown>('step.result', { to }));
    expect(reply).toEqual({ kind: 'hot', was: 'step.result' });
    await close();
  });

  it('a server that is closed has let its owner send the last, and says what state it is in', async () => {
    const { strategy, client, close } = await start();
    const states: string[] = [];
    strategy.status.subscribe((status) => states.push(status));
    const closed = new Promise<void>((resolve) => strategy.on('closed', resolve));
    strategy.serve(PARTITION);
    strategy.onHotMessage(() => undefined);
    const peer = await client.connect();
    const last = new Promise<Body>((resolve) => {
      peer.onRequest((_from, _correlation, body) => resolve(body));
    });
    strategy.beforeClose(() => strategy.peer.notify({ kind: 'peer', peer: peer.id }, { kind: 'farewell' }));
    await strategy.close();
    await expect(last).resolves.toEqual({ kind: 'farewell' });
    await closed;
    expect(states).toEqual(['connected', 'closed']);
    await close();
  });

  it('an application does not start without NATS', async () => {
    const strategy = new FrameServer({ servers: 'nats://127.0.0.1:1', connectTimeoutMs: 300 });
    const app = await NestFactory.createMicroservice(TestModule, { strategy, logger: false });
    await expect(app.listen()).rejects.toMatchObject({ code: 'COORDINATOR_UNAVAILABLE' });
    await app.close();
  });
});
