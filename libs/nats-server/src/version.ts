/** The oldest nats-server that has every JetStream feature the journal is built on. */
export const MINIMUM_NATS_SERVER_VERSION = '2.14.4';

interface Version {
  numbers: readonly [number, number, number];
  preRelease: boolean;
}

const VERSION = /\bv?(\d+)\.(\d+)\.(\d+)(-[\w.-]+)?/;

/**
 * The first version number in a text such as `nats-server: v2.15.1`, without the `v`;
 * undefined where there is none.
 */
export function findVersion(text: string): string | undefined {
  return VERSION.exec(text)?.[0].replace(/^v/, '');
}

/**
 * Orders two versions as numbers: negative when `left` is older, zero when they are equal.
 * A pre-release is older than its release; two pre-releases of one release count as equal.
 *
 * @throws TypeError when either is no version
 */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [parseVersion(left), parseVersion(right)];
  const difference = a.numbers.map((number, index) => number - (b.numbers[index] ?? 0)).find((n) => n !== 0);
  return difference ?? Number(b.preRelease) - Number(a.preRelease);
}

/** Whether this nats-server is new enough to be used. */
export function isSupportedVersion(version: string): boolean {
  return compareVersions(version, MINIMUM_NATS_SERVER_VERSION) >= 0;
}

function parseVersion(version: string): Version {
  const [text, major, minor, patch, preRelease] = VERSION.exec(version) ?? [];
  if (text === undefined) throw new TypeError(`Not a version: ${JSON.stringify(version)}`);
  return { numbers: [Number(major), Number(minor), Number(patch)], preRelease: preRelease !== undefined };
}
