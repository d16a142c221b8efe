import { InvalidInputError } from '@ground-control/protocol';
import { RpcException } from '@nestjs/microservices';
import { describe, expect, it } from 'vitest';
import type { Body } from './body.js';
import { refusalOfRpc, resultOf, RpcReply } from './rpc-reply.js';

describe('RpcReply', () => {
  it('sends the last value of a stream when it ends', () => {
    const sent: Body[] = [];
    const reply = new RpcReply((body) => sent.push(body));
    reply.take({ response: { kind: 'one' } });
    reply.take({ response: { kind: 'two' } });
    expect(sent).toEqual([]);
    reply.take({ isDisposed: true });
    expect(sent).toEqual([{ kind: 'two' }]);
  });

  it('wraps what is no body, and the client unwraps it', () => {
    const sent: Body[] = [];
    new RpcReply((body) => sent.push(body)).take({ response: [1, 2], isDisposed: true });
    expect(sent.map(resultOf)).toEqual([[1, 2]]);
  });

  it('sends an error as a refusal', () => {
    const sent: Body[] = [];
    new RpcReply((body) => sent.push(body)).take({ err: new Error('no'), isDisposed: true });
    expect(sent).toEqual([{ kind: 'error', code: 'GROUND_CONTROL', message: 'no' }]);
  });
});

describe('refusalOfRpc', () => {
  const details = { fields: ['a'] };

  it.each([
    ['an error of the registry', new InvalidInputError('bad', { details }), 'INVALID_INPUT', 'bad', details],
    [
      'one in an RpcException',
      new RpcException(new InvalidInputError('bad')),
      'INVALID_INPUT',
      'bad',
      undefined,
    ],
    [
      'an object with a code',
      new RpcException({ code: 'MINE', message: 'm', details }),
      'MINE',
      'm',
      details,
    ],
    ['an object without one', { status: 'error', message: 'hidden' }, 'GROUND_CONTROL', 'hidden', undefined],
    ['text', new RpcException('text'), 'GROUND_CONTROL', 'text', undefined],
  ])('keeps what is known of %s', (_name, error, code, message, expected) => {
    const refused = refusalOfRpc(error);
    expect(refused).toMatchObject({ kind: 'error', code, message });
    expect(refused.details).toEqual(expected);
  });
});
