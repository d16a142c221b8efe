import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const COORDINATOR_MAIN = fileURLToPath(new URL('../../coordinator/src/main.js', import.meta.url));
const STOP_TIMEOUT_MS = 15_000;

/** How a coordinator process ended. */
export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/**
 * A coordinator in a process of its own, which writes to this one's terminal and ends with this one, however that
 * ends. It is in a session of its own, so that Ctrl-C reaches this process alone, which then decides.
 */
export class CoordinatorChild {
  /** Resolves when it has ended. */
  readonly exited: Promise<ChildExit>;
  readonly #child: ChildProcess;

  constructor(env: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, ['--enable-source-maps', COORDINATOR_MAIN], {
      detached: true,
      env: { ...process.env, ...env, GROUND_CONTROL_EXIT_WITH_PARENT: '1' },
      // Its log goes to stderr: the standard output is for what this command was asked for.
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    this.exited = once(this.#child, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
  }

  /** Resolves when it serves all partitions; never when it ends before. */
  async ready(): Promise<void> {
    let message: unknown;
    do [message] = (await once(this.#child, 'message')) as [unknown];
    while ((message as { type?: unknown } | null)?.type !== 'ready');
  }

  /** Ends it with SIGTERM, or with SIGKILL when it has not ended in 15 seconds. */
  async stop(): Promise<ChildExit> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    this.#child.kill('SIGTERM');
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }
}
