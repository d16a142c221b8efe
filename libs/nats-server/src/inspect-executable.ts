import { runCommand } from './run-command.js';
import { findVersion, isSupportedVersion, MINIMUM_NATS_SERVER_VERSION } from './version.js';

/** What a file turned out to be when it was asked for its version. */
export type Inspection = { kind: 'usable'; version: string } | { kind: 'unusable'; reason: string };

const VERSION_TIMEOUT_MS = 10_000;

/** Runs `<path> --version` and judges the answer. */
export async function inspectExecutable(path: string, env: NodeJS.ProcessEnv): Promise<Inspection> {
  try {
    return judge(path, await runCommand(path, ['--version'], { env, timeoutMs: VERSION_TIMEOUT_MS }));
  } catch (error) {
    return { kind: 'unusable', reason: `${path} cannot be run: ${(error as Error).message}` };
  }
}

function judge(path: string, output: string): Inspection {
  const version = findVersion(output);
  if (!output.startsWith('nats-server') || version === undefined) {
    return { kind: 'unusable', reason: `${path} does not answer --version as a nats-server does` };
  }
  if (isSupportedVersion(version)) return { kind: 'usable', version };
  return { kind: 'unusable', reason: `${path} is ${version}, older than ${MINIMUM_NATS_SERVER_VERSION}` };
}
