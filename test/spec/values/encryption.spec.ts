import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import {
  type Context,
  type Directive,
  OnEvent,
  OnQuery,
  OnUpdate,
  type PayloadCodec,
  type QueryContext,
  Start,
  Step,
  Task,
  TaskContext,
  Workflow,
} from '@ground-control/nestjs';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf, SpecWorld } from '../support/spec-world.fixture.js';

const SECRET = 'correct horse battery staple';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY = randomBytes(32);

/** AES-256-GCM with a nonce of its own for every value. */
const ENCRYPTION: PayloadCodec = {
  encode(plain) {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', KEY, nonce);
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  },
  decode(encoded) {
    const decipher = createDecipheriv('aes-256-gcm', KEY, encoded.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(encoded.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(encoded.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  },
};

@Injectable()
class Tasks {
  @Task()
  async echo(value: string): Promise<string> {
    return `${value}!`;
  }

  /** Ends only when its step goes to another worker, so that what was recorded is replayed there. */
  @Task()
  async hold(value: string): Promise<string> {
    const { step, signal } = TaskContext.current();
    if (step.attempt === 1)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    return value;
  }

  @Task({ retry: { maxAttempts: 2, initialDelay: 1 } })
  async failOnce(secret: string): Promise<string> {
    if (TaskContext.current().attempt === 1) throw Object.assign(new Error('wrong'), { secret });
    return secret;
  }
}

@Workflow('Values.Secret')
class SecretWorkflow {
  constructor(private readonly tasks: Tasks) {}

  @Start()
  async start(ctx: Context, secret: string): Promise<Directive<string[]>> {
    const echoed = await this.tasks.echo(secret);
    ctx.store.put('secret', await this.tasks.hold(echoed));
    return ctx.next.step(this.wait, await this.tasks.failOnce(secret));
  }

  @Step()
  async wait(ctx: Context, secret: string): Promise<Directive<string[]>> {
    ctx.store.put('input', secret);
    return ctx.next.wait();
  }

  @OnUpdate()
  async change(ctx: Context, secret: string): Promise<Directive<string[]>> {
    ctx.store.put('changed', secret);
    return ctx.next.wait({ reply: secret });
  }

  @OnEvent()
  async go(ctx: Context, secret: string): Promise<Directive<string[]>> {
    const keys = ['secret', 'input', 'changed'];
    const stored = await Promise.all(keys.map((key) => ctx.store.get(key)));
    return ctx.next.complete([...(stored as string[]), secret]);
  }

  @OnQuery()
  async read(ctx: QueryContext): Promise<string> {
    return (await ctx.store.get('secret')) as string;
  }
}

describe('a codec that encrypts', () => {
  let world: SpecWorld;
  let connection: NatsConnection;
  /** Everything that was sent over NATS while the test ran. */
  const heard: Uint8Array[] = [];

  beforeAll(async () => {
    world = await SpecWorld.start([], { codec: ENCRYPTION });
    connection = await connect({ servers: world.server.servers });
    connection.subscribe('>', { callback: (_error, message) => void heard.push(message.data) });
    await connection.flush();
  });

  afterAll(async () => {
    await connection?.close();
    await world?.stop();
  });

  it('leaves no plain text in any stream nor on any subject, and nobody who has the key sees a difference', async () => {
    const worker = await world.serve([Tasks, SecretWorkflow], { codec: ENCRYPTION });
    const handle = await world.client.start(SecretWorkflow, { input: SECRET });
    await expect
      .poll(async () => eventsOf(await handle.history(), 'task.started').at(-1)?.task, { timeout: 10_000 })
      .toBe('hold');
    await Promise.all([world.serve([Tasks, SecretWorkflow], { codec: ENCRYPTION }), worker.close()]);
    await expect(handle.update('change', SECRET)).resolves.toBe(SECRET);
    await expect(handle.query('read')).resolves.toBe(`${SECRET}!`);
    await handle.send('go', SECRET);
    await expect(handle.result()).resolves.toEqual([`${SECRET}!`, SECRET, SECRET, SECRET]);

    const history = await handle.history();
    expect(eventsOf(history, 'task.completed')[0]).toMatchObject({ args: [SECRET], result: `${SECRET}!` });
    expect(eventsOf(history, 'task.attempt_failed')[0]?.error.details).toEqual({ secret: SECRET });

    const stored = await storedBytes(connection);
    expect(stored.length).toBeGreaterThan(5);
    expect(holds(stored, 'Values.Secret')).toBe(true);
    expect(holds(stored, SECRET)).toBe(false);
    await connection.flush();
    expect(holds(heard, 'Values.Secret')).toBe(true);
    expect(holds(heard, SECRET)).toBe(false);
  });
});

/** What every message of every stream holds. */
async function storedBytes(connection: NatsConnection): Promise<Uint8Array[]> {
  const manager = await jetstreamManager(connection);
  const found: Uint8Array[] = [];
  for await (const { config, state } of manager.streams.list()) {
    const { name } = config;
    const consumer = await jetstream(connection).consumers.get(name);
    for (let left = state.messages; left > 0; left--) {
      const message = await consumer.next({ expires: 5_000 });
      if (message) found.push(message.data);
    }
  }
  return found;
}

function holds(messages: Uint8Array[], text: string): boolean {
  return messages.some((message) => Buffer.from(message).includes(text));
}
