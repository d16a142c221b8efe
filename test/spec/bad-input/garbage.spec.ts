import { randomBytes } from 'node:crypto';
import { type Context, type Directive, OnEvent, Start, Workflow } from '@ground-control/nestjs';
import { decodeFrame, encodeMessage, FRAME_VERSION, MAX_FRAME_MESSAGES } from '@ground-control/protocol';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { served } from '../support/served-app.fixture.js';
import { SpecWorld } from '../support/spec-world.fixture.js';

const PEER = 'stranger';

/** Bytes that are no frame. */
const NO_FRAMES: [string, Uint8Array][] = [
  ['nothing', new Uint8Array()],
  ['text', Buffer.from('hello')],
  ['random bytes', randomBytes(1_000)],
  ['a lone number', encodeMessage(7)],
  ['a list of the wrong length', encodeMessage([FRAME_VERSION, PEER])],
  ['another version', encodeMessage([99, PEER, []])],
  ['a sender that is no text', encodeMessage([FRAME_VERSION, 5, []])],
  ['messages that are none', encodeMessage([FRAME_VERSION, PEER, [1, 'two', { kind: 'three' }]])],
  ['a message without a body', encodeMessage([FRAME_VERSION, PEER, [[1, null]]])],
  ['a body without a kind', encodeMessage([FRAME_VERSION, PEER, [[1, { no: 'kind' }]]])],
  ['a correlation that is no number', encodeMessage([FRAME_VERSION, PEER, [['1', { kind: 'x' }]]])],
  ['a frame that is cut off', encodeMessage([FRAME_VERSION, PEER, [[1, { kind: 'x' }]]]).subarray(0, 20)],
  [
    'more messages than a frame may hold',
    encodeMessage([
      FRAME_VERSION,
      PEER,
      Array.from({ length: MAX_FRAME_MESSAGES + 1 }, () => [0, { kind: 'x' }]),
    ]),
  ],
];

/** Requests that are well-formed frames and hold nonsense. */
const NONSENSE: [string, { kind: string; [field: string]: unknown }][] = [
  ['an unknown kind', { kind: 'workflow.explode' }],
  ['a name of the language', { kind: '__proto__' }],
  ['a start without anything', { kind: 'workflow.start' }],
  ['a start whose id is a number', { kind: 'workflow.start', workflowId: 5, runId: 'r', workflowType: 't' }],
  [
    'an input that is text',
    { kind: 'workflow.start', workflowId: 'w', runId: 'r', workflowType: 't', input: 'x' },
  ],
  ['a description of nobody', { kind: 'workflow.describe', workflowId: '' }],
  ['a name that is too long', { kind: 'workflow.describe', workflowId: 'x'.repeat(513) }],
  ['an event without an id', { kind: 'workflow.send', workflowId: 'w', event: 'e' }],
  ['a record without operations', { kind: 'step.record', runId: 'r', stepSeq: 1, attempt: 1, offset: 0 }],
  [
    'a result without an outcome',
    { kind: 'step.result', runId: 'r', stepSeq: 1, attempt: 1, offset: 0, operations: [] },
  ],
  [
    'operations that are none',
    { kind: 'step.record', runId: 'r', stepSeq: 1, attempt: 1, offset: 0, operations: [null, 5, {}] },
  ],
  ['a listing with no limit', { kind: 'workflow.list', limit: Number.NaN }],
];

@Workflow('Garbage.Waits')
class WaitsWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive<string>> {
    return ctx.next.wait();
  }

  @OnEvent()
  async go(ctx: Context): Promise<Directive<string>> {
    return ctx.next.complete('gone');
  }
}

const ALL_WELL = ['gone', 'gone', 1];

const APP = served([WaitsWorkflow]);

describe('garbage', () => {
  let world: SpecWorld;
  let connection: NatsConnection;
  /** What was answered to the stranger. */
  const answers: [correlation: number, body: { kind: string; code?: string; message?: string }][] = [];

  beforeAll(async () => {
    world = await SpecWorld.start(APP);
    connection = await connect({ servers: world.server.servers });
    connection.subscribe(`gc.default.peer.${PEER}`, {
      callback: (_error, message) =>
        void answers.push(...(decodeFrame(message.data).messages as typeof answers)),
    });
    await connection.flush();
  });

  afterAll(async () => {
    await connection?.close();
    await world?.stop();
  });

  /** Every subject of the namespace, those of a worker and a client among them; the journals are JetStream's. */
  async function subjects(): Promise<string[]> {
    const [worker] = await world.client.workers();
    return [
      ...[0, 1, 2, 3].map((partition) => `gc.default.partition.${partition}`),
      'gc.default.coordinators',
      'gc.default.announcements',
      `gc.default.peer.${worker?.id}`,
    ];
  }

  /** Does something bad. @returns how a run ends that was there before, how another one does, and how many workers are left */
  async function aftermathOf(deed: () => Promise<void>): Promise<unknown[]> {
    const before = await world.client.start(WaitsWorkflow);
    await deed();
    await connection.flush();
    await before.send('go');
    const earlier = await before.result({ timeout: '20s' });
    const after = await world.client.start(WaitsWorkflow);
    await after.send('go');
    return [earlier, await after.result({ timeout: '20s' }), (await world.client.workers()).length];
  }

  it.each(NO_FRAMES)('on every subject that is %s changes nothing', async (_what, bytes) => {
    const aftermath = aftermathOf(async () => {
      for (const subject of await subjects()) connection.publish(subject, bytes);
    });
    await expect(aftermath).resolves.toEqual(ALL_WELL);
  });

  it('with a place for an answer is answered with a named error', async () => {
    const aftermath = aftermathOf(async () => {
      const answered = await connection.request('gc.default.coordinators', Buffer.from('hello'), {
        timeout: 5_000,
      });
      const [[, body] = [0, undefined]] = decodeFrame(answered.data).messages;
      expect(body).toMatchObject({ kind: 'error', code: 'MALFORMED_MESSAGE' });
    });
    await expect(aftermath).resolves.toEqual(ALL_WELL);
  });

  it.each(NONSENSE)('in a good frame, %s, is refused by name to its sender', async (_what, body) => {
    const correlation = answers.length + 1_000;
    const aftermath = aftermathOf(async () => {
      connection.publish(
        'gc.default.partition.0',
        encodeMessage([FRAME_VERSION, PEER, [[correlation, body]]]),
      );
      await expect
        .poll(() => answers.find(([number]) => number === -correlation)?.[1])
        .toMatchObject({
          kind: 'error',
          code: 'MALFORMED_MESSAGE',
        });
    });
    await expect(aftermath).resolves.toEqual(ALL_WELL);
  });

  it.each(NONSENSE)('in a good frame, %s, changes nothing on any other subject', async (_what, body) => {
    const aftermath = aftermathOf(async () => {
      for (const subject of await subjects()) {
        connection.publish(
          subject,
          encodeMessage([
            FRAME_VERSION,
            PEER,
            [
              [answers.length + 5_000, body],
              [0, body],
            ],
          ]),
        );
      }
    });
    await expect(aftermath).resolves.toEqual(ALL_WELL);
  });
});
