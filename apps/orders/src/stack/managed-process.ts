import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { until } from './until.js';

// Invariants:
// 1. A process does not outlive the one that started it.
// 2. Ctrl-C in a terminal reaches the one that started it alone, which then decides.

export interface ProcessSettings {
  name: string;
  /** The program, a JavaScript file. */
  main: URL;
  env: NodeJS.ProcessEnv;
  /** An address that answers once it is ready; without one it sends a message `{ type: 'ready' }`. */
  url?: string | undefined;
}

const STOP_TIMEOUT_MS = 15_000;
const LONGEST_TAIL = 8_192;
const EXIT_WITH_PARENT = new URL('./exit-with-parent.js', import.meta.url);

/** One process of the stack. */
export class ManagedProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #ready = false;
  #tail = '';

  constructor(private readonly settings: ProcessSettings) {
    const args = ['--enable-source-maps', '--import', EXIT_WITH_PARENT.href, fileURLToPath(settings.main)];
    this.#child = spawn(process.execPath, args, {
      detached: true, // invariant 2
      env: { ...process.env, ...settings.env, GROUND_CONTROL_EXIT_WITH_PARENT: '1' }, // invariant 1
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#exited = once(this.#child, 'close');
    this.#exited.catch((error: unknown) => this.#keep(String(error)));
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#keep(chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#keep(chunk.toString()));
    this.#child.on('message', (message: { type?: unknown }) => (this.#ready ||= message.type === 'ready'));
  }

  get name(): string {
    return this.settings.name;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** @throws Error with the end of what it wrote when it ends before it is ready, or is not ready in time */
  async ready(signal: AbortSignal): Promise<void> {
    await until(`${this.name} is ready`, () => this.#isReady(), { signal }).catch((error: Error) => {
      throw new Error(`${error.message}\nThe last words of ${this.name}:\n${this.#tail || '(none)'}`);
    });
  }

  /** Ends it with SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    if (!this.running) return;
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Ends it with SIGTERM, or with SIGKILL when it has not ended in 15 seconds. */
  async stop(): Promise<void> {
    if (!this.running) return;
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    this.#child.kill('SIGTERM');
    await this.#exited;
    clearTimeout(timer);
  }

  async #isReady(): Promise<boolean> {
    if (!this.running) throw new Error(`${this.name} has ended.`);
    return this.settings.url === undefined ? this.#ready : answers(this.settings.url);
  }

  #keep(text: string): void {
    this.#tail = (this.#tail + text).slice(-LONGEST_TAIL);
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}
