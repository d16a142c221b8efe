import { type Address, encodeFrames, encodeMessage, type Message } from '@ground-control/protocol';
import type { Msg } from '@nats-io/transport-node';
import { property, assert as check, integer, tuple, uint8Array } from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { FrameReceiver } from './frame-receiver.js';

const ADDRESS: Address = { kind: 'partition', partition: 1 };

const asMsg = (data: Uint8Array, more: Partial<Msg> = {}): Msg =>
  ({ subject: 'gc.ns.partition.1', data, reply: 'gc.ns.peer.them', ...more }) as Msg;
const frameOf = (messages: Message[], from = 'them'): Uint8Array =>
  encodeFrames(from, messages, 1_000_000)[0] ?? new Uint8Array();

let events: unknown[][];
let receiver: FrameReceiver;
const listener = (from: string, correlation: number, { kind }: { kind: string }): void => {
  events.push(['message', from, correlation, kind]);
};

beforeEach(() => {
  events = [];
  receiver = new FrameReceiver({
    settle: (correlation, { kind }) => events.push(['reply', correlation, kind]),
    unserved: (address) => events.push(['unserved', address]),
    failed: (from, correlation, error) => events.push(['failed', from, correlation, String(error)]),
    malformed: (replyTo, error) => events.push(['malformed', replyTo, error.message]),
  });
});

describe('FrameReceiver', () => {
  it('gives requests and notices to the listener and replies to the table', () => {
    receiver.receive(
      asMsg(
        frameOf([
          [7, { kind: 'ask' }],
          [0, { kind: 'tell' }],
          [-3, { kind: 'answer' }],
        ]),
      ),
      ADDRESS,
      listener,
    );
    expect(events).toEqual([
      ['message', 'them', 7, 'ask'],
      ['message', 'them', 0, 'tell'],
      ['reply', 3, 'answer'],
    ]);
  });

  it('goes on with the next message when a listener throws', () => {
    receiver.receive(
      asMsg(
        frameOf([
          [1, { kind: 'bad' }],
          [2, { kind: 'good' }],
        ]),
      ),
      ADDRESS,
      (from, correlation, body) => {
        if (body.kind === 'bad') throw new Error('listener');
        listener(from, correlation, body);
      },
    );
    expect(events).toEqual([
      ['failed', 'them', 1, 'Error: listener'],
      ['message', 'them', 2, 'good'],
    ]);
  });

  it('catches the rejection of a listener that is asynchronous', async () => {
    const asynchronous = (): Promise<void> => Promise.reject(new Error('late'));
    // oxlint-disable-next-line typescript/no-misused-promises -- what this is about
    receiver.receive(asMsg(frameOf([[1, { kind: 'ask' }]])), ADDRESS, asynchronous);
    await Promise.resolve();
    await Promise.resolve();
    expect(events).toEqual([['failed', 'them', 1, 'Error: late']]);
  });

  it.each([
    ['no bytes', new Uint8Array()],
    ['a frame of another version', encodeMessage([99, 'them', []])],
    ['a sender that is no peer id', frameOf([], 'a.*.b')],
    ['a body without a kind', encodeMessage([1, 'them', [[1, {}]]])],
    ['a fraction as correlation', encodeMessage([1, 'them', [[1.5, { kind: 'a' }]]])],
    [
      'more messages than a frame may hold',
      encodeMessage([1, 'them', Array.from({ length: 10_001 }, () => [0, { kind: 'a' }])]),
    ],
    ['arrays nested without end', new Uint8Array(500_000).fill(0x91)],
  ])('reports %s, with where its sender listens', (_name, bytes) => {
    receiver.receive(asMsg(bytes), ADDRESS, listener);
    expect(events).toEqual([
      ['malformed', 'gc.ns.peer.them', expect.stringContaining('gc.ns.partition.1: ')],
    ]);
  });

  it('names the address that NATS found no listener at', () => {
    const headers = { code: 503, get: () => 'gc.ns.partition.4' } as unknown as Msg['headers'];
    receiver.receive(asMsg(new Uint8Array(), { headers } as Partial<Msg>), ADDRESS, listener);
    expect(events).toEqual([['unserved', { kind: 'partition', partition: 4 }]]);
  });

  it('survives headers that cannot be read', () => {
    const msg = asMsg(new Uint8Array());
    Object.defineProperty(msg, 'headers', {
      get: () => {
        throw new Error('bad header');
      },
    });
    receiver.receive(msg, ADDRESS, listener);
    expect(events).toEqual([['malformed', 'gc.ns.peer.them', expect.stringContaining('bad header')]]);
  });

  it('never throws, whatever bytes come', () => {
    check(
      property(uint8Array({ maxLength: 200 }), (bytes) => receiver.receive(asMsg(bytes), ADDRESS, listener)),
      { numRuns: 5_000 },
    );
    expect(events).toHaveLength(5_000);
  });

  it('never throws, however a frame was damaged', () => {
    const valid = frameOf([
      [1, { kind: 'ask', list: [1, 'two', { three: new Uint8Array(4) }] } as { kind: string }],
      [-2, { kind: 'answer' }],
    ]);
    const damage = tuple(integer({ min: 0, max: valid.length - 1 }), integer({ min: 0, max: 255 }));
    check(
      property(damage, damage, integer({ min: 0, max: valid.length }), (one, other, length) => {
        const bytes = new Uint8Array(valid).slice(0, length === 0 ? valid.length : length);
        for (const [at, value] of [one, other]) if (at < bytes.length) bytes[at] = value;
        receiver.receive(asMsg(bytes), ADDRESS, listener);
      }),
      { numRuns: 5_000 },
    );
    receiver.receive(asMsg(valid), ADDRESS, listener);
    expect(events.slice(-2)).toEqual([
      ['message', 'them', 1, 'ask'],
      ['reply', 2, 'answer'],
    ]);
  });
});
