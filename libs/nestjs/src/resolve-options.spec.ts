import { InvalidInputError } from '@ground-control/protocol';
import { describe, expect, it } from 'vitest';

import { resolveOptions } from './resolve-options.js';

describe('resolveOptions', () => {
  it('has a default for everything', () => {
    expect(resolveOptions({}, {})).toEqual({
      servers: ['nats://127.0.0.1:4222'],
      namespace: 'default',
      connection: {},
      worker: {},
      codec: undefined,
      requestTimeoutMs: 30_000,
    });
  });

  it('takes the servers from the environment, and rather from the options', () => {
    const env = { GROUND_CONTROL_SERVERS: 'nats://a:1, nats://b:2' };
    expect(resolveOptions({}, env).servers).toEqual(['nats://a:1', 'nats://b:2']);
    expect(resolveOptions({ servers: 'nats://c:3' }, env).servers).toEqual(['nats://c:3']);
    expect(resolveOptions({ servers: ['nats://c:3', 'nats://d:4'] }, env).servers).toHaveLength(2);
    expect(resolveOptions({}, { GROUND_CONTROL_SERVERS: '' }).servers).toEqual(['nats://127.0.0.1:4222']);
  });

  it('has no worker when it is told so', () => {
    expect(resolveOptions({ worker: false }, {}).worker).toBeUndefined();
  });

  it('reads durations, and leaves the options of the worker to it', () => {
    const worker = { shutdownTimeout: 5, concurrency: 7, identity: 'me' };
    expect(resolveOptions({ requestTimeout: '2s', worker }, {})).toMatchObject({
      requestTimeoutMs: 2_000,
      worker,
    });
  });

  it.each<[string, object, string]>([
    ['servers', { servers: [] }, 'servers must be a URL'],
    ['servers', { servers: 7 }, 'servers must be a URL'],
    ['namespace', { namespace: 'a.b' }, 'namespace "a.b"'],
    ['worker', { worker: true }, 'worker must be false or an object'],
    ['worker.concurrency', { worker: { concurrency: 0 } }, 'worker.concurrency must be a whole number'],
    ['worker.concurrency', { worker: { concurrency: 1.5 } }, 'worker.concurrency must be a whole number'],
    ['worker.shutdownTimeout', { worker: { shutdownTimeout: 'soon' } }, 'worker.shutdownTimeout: "soon"'],
    ['worker.identity', { worker: { identity: '' } }, 'worker.identity must be text'],
    ['codec', { codec: { encode: () => undefined } }, 'codec must have the methods encode and decode'],
    ['requestTimeout', { requestTimeout: -1 }, 'requestTimeout: -1 is no duration'],
  ])('refuses an invalid %s: %j', (_option, options, message) => {
    const resolve = (): unknown => resolveOptions(options, {});
    expect(resolve).toThrow(InvalidInputError);
    expect(resolve).toThrow(message);
  });

  it('names all faults at once', () => {
    const options = { namespace: '*', requestTimeout: -1, worker: { concurrency: -1 } };
    const resolve = (): unknown => resolveOptions(options, {});
    expect(resolve).toThrow(/namespace.*worker\.concurrency.*requestTimeout/s);
  });
});
