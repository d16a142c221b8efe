import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { OutputTail } from './output-tail.js';
import { coordinatorMain } from './package-root.js';

// Invariants:
// 1. A coordinator does not outlive the process that started it: their channel closes with either, and it ends then.
// 2. `start` has started none when it throws.

const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

/** A coordinator in a process of its own. */
export class CoordinatorProcess {
  readonly #child: ChildProcess;
  readonly #output = new OutputTail();
  readonly #exited: Promise<unknown>;

  private constructor(env: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, ['--enable-source-maps', coordinatorMain()], {
      env: { ...process.env, ...env, GROUND_CONTROL_EXIT_WITH_PARENT: '1' }, // invariant 1
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#output.follow(this.#child.stdout, this.#child.stderr);
    this.#exited = once(this.#child, 'close');
  }

  /**
   * Starts one; resolves when it serves all partitions.
   *
   * @throws Error with the end of its output when it ends before, or is not ready within 30 seconds
   */
  static async start(env: NodeJS.ProcessEnv): Promise<CoordinatorProcess> {
    const coordinator = new CoordinatorProcess(env);
    try {
      await coordinator.#ready();
      return coordinator;
    } catch (error) {
      await coordinator.kill(); // invariant 2
      throw error;
    }
  }

  /** The end of what it wrote. */
  get output(): string {
    return this.#output.toString();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Ends it with SIGKILL. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Ends it with SIGTERM, or with SIGKILL when it has not ended in ten seconds. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    this.#child.kill('SIGTERM');
    await this.#exited;
    clearTimeout(timer);
  }

  async #ready(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#failure('was not ready in time')), READY_TIMEOUT_MS);
      const settle = (act: () => void) => (): void => {
        clearTimeout(timer);
        act();
      };
      this.#child.on('message', (message) => {
        if (isReady(message)) settle(resolve)();
      });
      this.#exited.then(
        settle(() => reject(this.#failure('ended'))),
        settle(() => reject(this.#failure('could not be started'))),
      );
    });
  }

  #failure(what: string): Error {
    return new Error(`The coordinator ${what}. Its last words:\n${this.output || '(none)'}`);
  }
}

function isReady(message: unknown): boolean {
  return (message as { type?: unknown } | null)?.type === 'ready';
}
