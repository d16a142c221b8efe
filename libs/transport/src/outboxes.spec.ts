import { setImmediate as turnEnd } from 'node:timers/promises';
import type { Address, Message } from '@ground-control/protocol';
import { describe, expect, it } from 'vitest';
import { Outboxes } from './outboxes.js';

const partition = (number: number): Address => ({ kind: 'partition', partition: number });
const message = (correlation: number): Message => [correlation, { kind: 'test' }];

function outboxes(): { boxes: Outboxes; sent: [subject: string, correlations: number[]][] } {
  const sent: [string, number[]][] = [];
  const boxes = new Outboxes('ns', (subject, messages) => {
    sent.push([subject, messages.map(([correlation]) => correlation)]);
  });
  return { boxes, sent };
}

describe('Outboxes', () => {
  it('hands over the messages of a turn at its end, together by address', async () => {
    const { boxes, sent } = outboxes();
    boxes.add(partition(1), message(1));
    boxes.add(partition(2), message(2));
    await Promise.resolve();
    boxes.add(partition(1), message(3));
    boxes.add({ kind: 'peer', peer: 'p' }, message(4));
    boxes.add({ kind: 'coordinators' }, message(5));
    expect(sent).toEqual([]);
    await turnEnd();
    expect(sent).toEqual([
      ['gc.ns.partition.1', [1, 3]],
      ['gc.ns.partition.2', [2]],
      ['gc.ns.peer.p', [4]],
      ['gc.ns.coordinators', [5]],
    ]);
  });

  it('hands over each message once, in one turn after the other', async () => {
    const { boxes, sent } = outboxes();
    boxes.add({ kind: 'peer', peer: 'p' }, message(1));
    boxes.flush();
    boxes.add({ kind: 'peer', peer: 'p' }, message(2));
    await turnEnd();
    await turnEnd();
    expect(sent).toEqual([
      ['gc.ns.peer.p', [1]],
      ['gc.ns.peer.p', [2]],
    ]);
  });

  it('refuses a peer id that is no token of a subject', () => {
    const { boxes } = outboxes();
    for (const peer of ['', 'a b', 'a.b', '*', '>', 'a\r\nPUB x']) {
      expect(() => boxes.add({ kind: 'peer', peer }, message(1))).toThrow(/peer id/);
    }
  });
});
