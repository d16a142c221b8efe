import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionFromEnvironment } from './connection-environment.js';

describe('the login from the environment', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'connection-environment-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function file(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }

  it('is none where nothing is set', () => {
    expect(connectionFromEnvironment({})).toEqual({});
  });

  it('is a user with a password, or a token', () => {
    expect(connectionFromEnvironment({ GROUND_CONTROL_USER: 'u', GROUND_CONTROL_PASSWORD: 'p' })).toEqual({
      user: 'u',
      pass: 'p',
    });
    expect(connectionFromEnvironment({ GROUND_CONTROL_TOKEN: 't' })).toEqual({ token: 't' });
  });

  it('signs with the seed of an nkey', () => {
    const seed = 'SUAIBDPBAUTWCWBKIO6XHQNINK5FWJW4OHLXC3HQ2KFE4PEJUA44CNHTC4';
    const connection = connectionFromEnvironment({ GROUND_CONTROL_NKEY_SEED: file('seed', `${seed}\n`) });
    const authenticator = [connection.authenticator ?? []].flat()[0];
    expect(authenticator?.('nonce')).toMatchObject({
      nkey: expect.stringMatching(/^U/),
      sig: expect.any(String),
    });
  });

  it('trusts the authorities of a file, and shows a certificate', () => {
    const connection = connectionFromEnvironment({
      GROUND_CONTROL_TLS_CA: file('ca', 'CA'),
      GROUND_CONTROL_TLS_CERT: file('cert', 'CERT'),
      GROUND_CONTROL_TLS_KEY: file('key', 'KEY'),
    });
    expect(connection.tls).toEqual({ ca: 'CA', cert: 'CERT', key: 'KEY' });
  });

  it('names the variable whose file cannot be read, and the one that is missing', () => {
    expect(() => connectionFromEnvironment({ GROUND_CONTROL_CREDS: '/nowhere' })).toThrow(
      'GROUND_CONTROL_CREDS',
    );
    expect(() => connectionFromEnvironment({ GROUND_CONTROL_PASSWORD: 'p' })).toThrow('GROUND_CONTROL_USER');
    expect(() => connectionFromEnvironment({ GROUND_CONTROL_TLS_CERT: file('c', 'C') })).toThrow(
      'GROUND_CONTROL_TLS_KEY',
    );
  });
});
