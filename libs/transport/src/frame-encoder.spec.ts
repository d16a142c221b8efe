import { decodeFrame, MAX_FRAME_MESSAGES, type Message } from '@ground-control/protocol';
import { describe, expect, it } from 'vitest';
import { type EncodedBatch, FrameEncoder } from './frame-encoder.js';

const message = (correlation: number, bytes = 10): Message => [
  correlation,
  { kind: 'test', data: new Uint8Array(bytes) } as { kind: string },
];
const numbered = (count: number, bytes?: number): Message[] =>
  Array.from({ length: count }, (_, index) => message(index + 1, bytes));
const correlations = ({ frames }: EncodedBatch): number[] =>
  frames.flatMap((frame) => decodeFrame(frame).messages.map(([correlation]) => correlation));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('FrameEncoder', () => {
  it('puts a batch into one frame', () => {
    const batch = new FrameEncoder('me').encode(numbered(1_000), 1_000_000);
    expect(batch.frames).toHaveLength(1);
    expect(decodeFrame(batch.frames[0] ?? new Uint8Array()).from).toBe('me');
    expect(correlations(batch)).toEqual(upTo(1_000));
  });

  it('splits what does not fit, and keeps the order', () => {
    const encoder = new FrameEncoder('me');
    for (let round = 0; round < 3; round++) {
      const batch = encoder.encode(numbered(500, 100), 5_000);
      expect(batch.frames.length).toBeGreaterThan(10);
      expect(Math.max(...batch.frames.map((frame) => frame.length))).toBeLessThanOrEqual(5_000);
      expect(correlations(batch)).toEqual(upTo(500));
      expect(batch.refused).toEqual([]);
    }
  });

  it('never puts more messages into a frame than its receiver takes', () => {
    const batch = new FrameEncoder('me').encode(numbered(MAX_FRAME_MESSAGES + 1, 0), 100_000_000);
    expect(batch.frames).toHaveLength(2);
    expect(correlations(batch)).toEqual(upTo(MAX_FRAME_MESSAGES + 1));
  });

  it('refuses a message over the limit alone', () => {
    const messages = numbered(50);
    messages[20] = message(21, 2_000);
    messages[33] = message(34, 2_000);
    const batch = new FrameEncoder('me').encode(messages, 1_000);
    expect(batch.refused.map(({ message: [correlation], error }) => [correlation, error.code])).toEqual([
      [21, 'PAYLOAD_TOO_LARGE'],
      [34, 'PAYLOAD_TOO_LARGE'],
    ]);
    expect(correlations(batch)).toEqual(upTo(50).filter((number) => number !== 21 && number !== 34));
  });

  it('refuses a message that cannot be encoded alone', () => {
    const messages = numbered(9);
    messages[4] = [5, { kind: 'bad', value: 2n ** 300n } as { kind: string }];
    const batch = new FrameEncoder('me').encode(messages, 10_000);
    expect(batch.refused.map(({ error }) => error.code)).toEqual(['UNENCODABLE_VALUE']);
    expect(correlations(batch)).toEqual([1, 2, 3, 4, 6, 7, 8, 9]);
  });
});
