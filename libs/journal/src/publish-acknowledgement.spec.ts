import { headers, type Msg } from '@nats-io/nats-core';
import { expect, it } from 'vitest';
import { readAcknowledgement } from './publish-acknowledgement.js';

function answer(text: string, status?: [code: number, description: string]): Msg {
  const message: Partial<Msg> = { data: new TextEncoder().encode(text), json: () => JSON.parse(text) };
  if (status) message.headers = headers(...status);
  return message as Msg;
}

it('reads the sequence of what was stored', () => {
  expect(readAcknowledgement(answer('{"stream":"S","seq":12}'))).toEqual({ kind: 'stored', sequence: 12 });
});

it.each([10071, 10164])('reads error %i as a refusal', (code) => {
  const text = JSON.stringify({
    error: { code: 400, err_code: code, description: 'wrong last sequence: 4' },
  });
  expect(readAcknowledgement(answer(text))).toEqual({ kind: 'refused', reason: 'wrong last sequence: 4' });
});

it.each([
  [
    'another error',
    '{"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"}}',
    'maximum bytes exceeded (JetStream error 10077)',
  ],
  ['an error without a code', '{"error":{}}', 'an error without a description (JetStream error 0)'],
  ['no sequence', '{"stream":"S"}', 'an acknowledgement without a sequence'],
  ['sequence 0', '{"stream":"S","seq":0}', 'an acknowledgement without a sequence'],
  ['no JSON', '+OK', 'an unreadable acknowledgement'],
])('does not know what became of an append that is answered with %s', (_what, text, reason) => {
  expect(readAcknowledgement(answer(text))).toMatchObject({ kind: 'unknown', reason });
});

it('does not know what became of an append that nobody listens to', () => {
  const nobody = answer('', [503, 'No Responders Available For Request']);
  expect(readAcknowledgement(nobody)).toEqual({ kind: 'unknown', reason: 'no stream listens' });
});
