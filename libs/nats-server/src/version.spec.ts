import { describe, expect, it } from 'vitest';

import { compareVersions, findVersion, isSupportedVersion } from './version.js';

describe('compareVersions', () => {
  it.each([
    ['2.9.10', '2.14.4'],
    ['2.14.4', '2.14.10'],
    ['2.15.1', '3.0.0'],
    ['2.14.4-RC.1', '2.14.4'],
    ['2.14.3', '2.14.4-RC.1'],
  ])('orders %s before %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
  });

  it('treats a leading v as no difference', () => {
    expect(compareVersions('v2.15.1', '2.15.1')).toBe(0);
  });

  it('refuses what is no version', () => {
    expect(() => compareVersions('2.15', '2.15.1')).toThrow(new TypeError('Not a version: "2.15"'));
  });
});

describe('findVersion', () => {
  it.each([
    ['nats-server: v2.15.1\n', '2.15.1'],
    ['nats-server: v2.16.0-dev', '2.16.0-dev'],
    ['no digits', undefined],
  ])('reads %j as %s', (text, version) => {
    expect(findVersion(text)).toBe(version);
  });
});

describe('isSupportedVersion', () => {
  it('draws the line at 2.14.4', () => {
    expect(['2.14.3', '2.14.4-RC.2', '2.14.4', '2.15.1'].map(isSupportedVersion)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});
