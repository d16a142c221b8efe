import { type ChildProcess, spawn } from 'node:child_process';
import { renameSync } from 'node:fs';
import type { Socket } from 'node:net';

// Invariants:
// 1. The guarded program does not outlive its owner, however the owner ends: the guard holds the far end
//    of a pipe to the owner, and the kernel closes the near end.
// 2. The guard is there before the program is: a shell starts it, and then becomes the program, which so
//    has the process id that the owner was given.
// 3. The guard never signals a process id that is no longer the program's: the owner tells it when the
//    program has ended.
// 4. The process id is in the lock file before the program runs, and nothing is done when the file exists:
//    of several that start at once one runs, with its own configuration.

const GUARD_FD = 3;
const GUARD_GONE_TIMEOUT_MS = 1_000;

/** How the shell exits when the lock file is there already. */
export const LOCKED_EXIT_CODE = 75;

const SCRIPT = `
lock=$1 draft=$2 config=$3; shift 3
set -C
{ echo $$ >"$lock"; } 2>/dev/null || exit ${LOCKED_EXIT_CODE}
mv -f "$draft" "$config" || exit
(
  trap '' HUP INT TERM
  read -r finished <&${GUARD_FD} && exit
  kill -CONT $$; kill -TERM $$
  tries=0
  while kill -0 $$ && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -KILL $$
) </dev/null >/dev/null 2>&1 &
exec ${GUARD_FD}<&-
exec "$@"
`;

export interface GuardedOptions {
  /** A file that is created with the process id in it; nothing is run when it exists. */
  lockFile: string;
  /** The configuration, moved to `configFile` once the lock is held. */
  configDraft: string;
  configFile: string;
  /** Where the output goes. */
  outputFd: number;
  workingDirectory: string;
}

export interface GuardedProcess {
  child: ChildProcess;
  /** To be called once the program has ended; resolves when its guard has too. */
  dismissGuard(): Promise<void>;
}

/**
 * Starts a program that is stopped when this process ends: with SIGTERM, then SIGKILL after five seconds.
 * It has a session of its own, so that Ctrl-C in a terminal reaches its owner alone, who then decides.
 */
export function spawnGuarded(file: string, args: string[], options: GuardedOptions): GuardedProcess {
  return process.platform === 'win32'
    ? spawnUnguarded(file, args, options)
    : spawnUnderGuard(file, args, options);
}

function spawnUnderGuard(file: string, args: string[], options: GuardedOptions): GuardedProcess {
  const { lockFile, configDraft, configFile } = options;
  const parameters = ['nats-server-guard', lockFile, configDraft, configFile];
  const child = spawn('/bin/sh', ['-c', SCRIPT, ...parameters, file, ...args], {
    cwd: options.workingDirectory,
    detached: true,
    stdio: ['ignore', options.outputFd, options.outputFd, 'pipe'],
  });
  const pipe = child.stdio[GUARD_FD] as Socket;
  pipe.on('error', () => pipe.destroy()).resume();
  pipe.unref();
  return { child, dismissGuard: () => dismiss(pipe) };
}

function dismiss(pipe: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (pipe.closed) return resolve();
    pipe.ref();
    pipe.setTimeout(GUARD_GONE_TIMEOUT_MS, () => pipe.destroy());
    pipe.once('close', () => resolve());
    pipe.end('finished\n');
  });
}

/** Windows has no such shell: there is no lock, and only an orderly end of the owner stops the program. */
function spawnUnguarded(file: string, args: string[], options: GuardedOptions): GuardedProcess {
  renameSync(options.configDraft, options.configFile);
  const child = spawn(file, args, {
    cwd: options.workingDirectory,
    windowsHide: true,
    stdio: ['ignore', options.outputFd, options.outputFd],
  });
  const end = (): void => void child.kill();
  process.once('exit', end);
  return { child, dismissGuard: async () => void process.off('exit', end) };
}
