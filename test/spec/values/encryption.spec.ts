import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
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
import { served } from '../support/served-app.fixture.js';
import { eventsOf, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

const SECRET = 'correct horse battery staple';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The same in every process of the spec. */
const KEY = createHash('sha256').update('the key of this spec').digest();

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
    if (TaskContext.current().attempt === 1) throw new LeakyError(secret);
    return secret;
  }
}

/** An error that quotes what is to be kept secret wherever an error can: in its message, stack, fields and cause. */
class LeakyError extends Error {
  constructor(readonly secret: string) {
    super(`${secret} is wrong`, { cause: new RangeError(`${secret} is the cause`) });
    this.name = `Leaky ${secret}`;
  }
}

/** Every way in which an error comes to a client. */
@Workflow('Values.Leaky')
class LeakyWorkflow {
  @Start()
  async start(ctx: Context, secret: string): Promise<Directive> {
    ctx.store.put('secret', secret);
    return ctx.next.wait();
  }

  @OnUpdate()
  async refuse(_ctx: Context, secret: string): Promise<Directive> {
    throw new LeakyError(secret);
  }

  @OnQuery()
  async ask(ctx: QueryContext): Promise<string> {
    throw new LeakyError((await ctx.store.get('secret')) as string);
  }

  @OnEvent()
  async give(ctx: Context, secret: string): Promise<Directive> {
    return ctx.next.fail({ type: 'GivenUp', message: `${secret} is too much`, details: { secret } });
  }

  @OnEvent()
  async break(_ctx: Context, secret: string): Promise<Directive> {
    throw new LeakyError(secret);
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

const APP = served([Tasks, SecretWorkflow, LeakyWorkflow], { codec: ENCRYPTION });

describe('a codec that encrypts', () => {
  let world: SpecWorld;
  let connection: NatsConnection;
  /** Everything that was sent over NATS while the test ran. */
  const heard: Uint8Array[] = [];

  beforeAll(async () => {
    world = await SpecWorld.start(undefined, { codec: ENCRYPTION });
    connection = await connect({ servers: world.server.servers });
    connection.subscribe('>', { callback: (_error, message) => void heard.push(message.data) });
    await connection.flush();
  });

  afterAll(async () => {
    await connection?.close();
    await world?.stop();
  });

  it('leaves no plain text in any stream nor on any subject, and nobody who has the key sees a difference', async () => {
    const worker = await world.serve(APP);
    const handle = await world.client.start(SecretWorkflow, { input: SECRET });
    await expect
      .poll(async () => eventsOf(await handle.history(), 'task.started').at(-1)?.task, { timeout: 10_000 })
      .toBe('hold');
    await Promise.all([world.serve(APP), worker.close()]);
    await expect(handle.update('change', SECRET)).resolves.toBe(SECRET);
    await expect(handle.query('read')).resolves.toBe(`${SECRET}!`);
    await handle.send('go', SECRET);
    await expect(handle.result()).resolves.toEqual([`${SECRET}!`, SECRET, SECRET, SECRET]);

    const history = await handle.history();
    expect(eventsOf(history, 'task.completed')[0]).toMatchObject({ args: [SECRET], result: `${SECRET}!` });
    expect(eventsOf(history, 'task.attempt_failed')[0]?.error).toMatchObject({
      type: 'LeakyError',
      name: `Leaky ${SECRET}`,
      message: `${SECRET} is wrong`,
      stack: expect.stringContaining('failOnce') as string,
      details: { secret: SECRET },
      cause: { type: 'RangeError', message: `${SECRET} is the cause` },
    });
    await expectNoPlainText('Values.Secret');
  });

  it('leaves none of what an error says, which nobody who has the key misses', async () => {
    const leaky = { type: 'LeakyError', message: `${SECRET} is wrong`, details: { secret: SECRET } };
    const [given, broken] = await Promise.all([startLeaky(), startLeaky()]);
    const refused = await rejectionOf(given.update('refuse', SECRET));
    expect(refused.message).toContain(`LeakyError: ${SECRET} is wrong`);
    expect(refused.cause).toMatchObject(leaky);
    const unanswered = await rejectionOf(given.query('ask'));
    expect(unanswered.message).toContain(`${SECRET} is wrong`);
    expect(unanswered.cause).toMatchObject(leaky);

    await given.send('give', SECRET);
    await broken.send('break', SECRET);
    const failed = await rejectionOf(broken.result());
    expect(failed.message).toContain(`LeakyError: ${SECRET} is wrong`);
    expect(failed.cause).toMatchObject(leaky);
    expect((await broken.describe()).error).toMatchObject(leaky);
    expect((await rejectionOf(given.result())).cause).toMatchObject({
      type: 'GivenUp',
      message: `${SECRET} is too much`,
      details: { secret: SECRET },
    });
    await expectNoPlainText('Values.Leaky');
  });

  async function startLeaky() {
    const handle = await world.client.start(LeakyWorkflow, { input: SECRET });
    await world.recorded(handle.workflowId, 'wait.started');
    return handle;
  }

  /** Neither stored nor ever sent, while the type of the workflow was. */
  async function expectNoPlainText(type: string): Promise<void> {
    const stored = await storedBytes(connection);
    await connection.flush();
    for (const bytes of [stored, heard]) {
      expect(holds(bytes, type)).toBe(true);
      expect(holds(bytes, SECRET)).toBe(false);
    }
  }
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
