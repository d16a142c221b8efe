import { decodeFrame, MalformedMessageError } from '@ground-control/protocol';
import { describe, expect, it } from 'vitest';
import { malformedAnswer, mayAnswer } from './malformed-answer.js';

describe('the answer to a malformed frame', () => {
  it('is a notice of kind error that says what is wrong', () => {
    const frame = decodeFrame(malformedAnswer('me', new MalformedMessageError('what is wrong')));
    expect(frame).toEqual({
      from: 'me',
      messages: [[0, { kind: 'error', code: 'MALFORMED_MESSAGE', message: 'what is wrong' }]],
    });
  });

  it('goes to inboxes', () => {
    expect(['gc.ns.peer.abc', '_INBOX.x.y', 'my.own.inbox'].map(mayAnswer)).toEqual([true, true, true]);
  });

  it('goes neither to an API of the server nor to a stream of ours', () => {
    const subjects = ['', '$JS.API.STREAM.DELETE.x', 'gc.ns.journal.1', 'gc.ns.partition.1', 'gc.ns.peer.*'];
    expect(subjects.filter(mayAnswer)).toEqual([]);
  });
});
