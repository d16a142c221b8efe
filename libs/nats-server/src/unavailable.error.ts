import { INSTALLED_VERSION } from './install-source.js';
import { RELEASES_URL, releaseName } from './release-asset.js';
import { MINIMUM_NATS_SERVER_VERSION } from './version.js';

/** The environment variable that names the nats-server to use. */
export const EXECUTABLE_VARIABLE = 'GROUND_CONTROL_NATS_SERVER';

/** One way in which a nats-server was looked for or installed, and why it did not help. */
export interface Attempt {
  way: string;
  reason: string;
}

/** No usable nats-server was found, and none could be installed. Its message lists what was tried and what helps. */
export class NatsServerUnavailableError extends Error {
  static readonly code: string = 'NATS_SERVER_UNAVAILABLE';
  override readonly name: string = 'NatsServerUnavailableError';
  readonly code: string = NatsServerUnavailableError.code;

  constructor(
    /** Each way that was tried, in order. */
    readonly attempts: readonly Attempt[],
  ) {
    super(describe(attempts));
  }
}

function describe(attempts: readonly Attempt[]): string {
  return [
    `No nats-server ${MINIMUM_NATS_SERVER_VERSION} or newer could be found or installed. Tried:`,
    ...attempts.map(({ way, reason }) => `  - ${way}: ${reason}`),
    'Install one by hand; one of these helps:',
    ...commands().map(([platform, command]) => `  ${`${platform}:`.padEnd(27)} ${command}`),
    `or name one: ${EXECUTABLE_VARIABLE}=/path/to/nats-server`,
  ].join('\n');
}

function commands(): [platform: string, command: string][] {
  return [
    ['Linux', linuxCommand()],
    ['Debian 14 (forky) or newer', 'sudo apt-get install nats-server'],
    ['macOS', 'brew install nats-server'],
    ['Windows', 'scoop install nats-server'],
  ];
}

function linuxCommand(): string {
  const name = releaseName(INSTALLED_VERSION, 'linux', process.arch === 'arm64' ? 'arm64' : 'x64');
  const url = `${RELEASES_URL}/v${INSTALLED_VERSION}/${name}.tar.gz`;
  return `curl -fsSL ${url} | sudo tar -xz -C /usr/local/bin --strip-components=1 ${name}/nats-server`;
}
