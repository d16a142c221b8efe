import { join } from 'node:path';

import { ManagedProcess, type ProcessOptions } from '../harness/managed-process.js';
import { modulePath } from '../harness/paths.js';
import type { EngineContext, EngineProcess, Role } from './engine.js';

const READY_TIMEOUT_MS = 60_000;

type RunOptions = Omit<ProcessOptions, 'directory' | 'logFile'> & { directory?: string };

/** The processes of an engine, by their role. */
export class ProcessSet {
  readonly #members: { role: Role; process: ManagedProcess }[] = [];

  constructor(private readonly context: EngineContext) {}

  /** Runs a server; resolves when the check says that it is ready. */
  async serve(options: RunOptions, isReady: () => Promise<boolean>): Promise<ManagedProcess> {
    const server = ManagedProcess.run({
      directory: this.context.directory,
      ...options,
      logFile: this.#log(options.name),
    });
    this.#members.push({ role: 'server', process: server });
    await server.until(isReady, READY_TIMEOUT_MS);
    return server;
  }

  /** Runs a module of Node's that says when it is ready. */
  async fork(role: Role, name: string, module: string, env: NodeJS.ProcessEnv): Promise<ManagedProcess> {
    const process = ManagedProcess.fork(module, {
      name,
      nodeArgs: this.context.nodeArgs,
      env,
      directory: this.context.directory,
      logFile: this.#log(name),
    });
    this.#members.push({ role, process });
    await process.nextMessage(READY_TIMEOUT_MS);
    return process;
  }

  /** Runs a worker of this package, by its path in `dist`. */
  async work(module: string, env: NodeJS.ProcessEnv): Promise<void> {
    await this.fork('worker', 'worker', modulePath(module), env);
  }

  list(): EngineProcess[] {
    return this.#members.map(({ role, process }) => ({ role, name: process.name, pid: process.pid }));
  }

  /** Ends them, the last one first. */
  async stop(): Promise<void> {
    for (const { process } of this.#members.splice(0).toReversed()) await process.stop();
  }

  #log(name: string): string {
    return join(this.context.directory, `${name}.log`);
  }
}
