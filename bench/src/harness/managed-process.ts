import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { findProgram } from './find-program.js';

/** Who a process runs as. */
export interface User {
  uid: number;
  gid: number;
}

export interface ProcessOptions {
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv | undefined;
  /** Where it runs and where it may write. */
  directory: string;
  logFile: string;
  /** Another user than the present one. */
  user?: User | undefined;
  /** What asks it to end. @defaultValue 'SIGTERM' */
  stopSignal?: NodeJS.Signals | undefined;
}

export interface ForkOptions extends Omit<ProcessOptions, 'command' | 'args'> {
  /** Arguments of Node itself. */
  nodeArgs: readonly string[];
}

const STOP_GRACE_MS = 10_000;
const POLL_MS = 50;
const LOG_TAIL_LINES = 15;

/** A process of an engine. It ends with this one: on Linux the kernel sees to that, and a Node process does itself. */
export class ManagedProcess {
  readonly #child: ChildProcess;
  readonly #options: ProcessOptions;
  readonly #exited: Promise<void>;
  #running = true;

  private constructor(child: ChildProcess, options: ProcessOptions) {
    this.#child = child;
    this.#options = options;
    this.#exited = this.#follow();
  }

  /** Runs a program. */
  static run(options: ProcessOptions): ManagedProcess {
    const [command, args] = tiedToThisProcess(options);
    return ManagedProcess.#spawn(command, args, options, []);
  }

  /** Runs a Node module with a channel to this process. */
  static fork(module: string, { nodeArgs, ...options }: ForkOptions): ManagedProcess {
    const args = ['--enable-source-maps', ...nodeArgs, module];
    return ManagedProcess.#spawn(process.execPath, args, { ...options, command: process.execPath, args }, [
      'ipc',
    ]);
  }

  static #spawn(command: string, args: string[], options: ProcessOptions, channel: 'ipc'[]): ManagedProcess {
    const log = openSync(options.logFile, 'a');
    const stdio: StdioOptions = ['ignore', log, log, ...channel];
    const env = { ...process.env, ...options.env };
    try {
      // A group of its own, so that Ctrl-C reaches this process alone, which then stops the others in order.
      return new ManagedProcess(
        spawn(command, args, { cwd: options.directory, env, stdio, detached: true }),
        options,
      );
    } finally {
      closeSync(log);
    }
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw this.#failure('could not be started');
    return this.#child.pid;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Tells a forked module something and waits for what it says next. */
  async ask<Question extends object, Answer>(question: Question, timeoutMs: number): Promise<Answer> {
    this.#child.send(question);
    return this.nextMessage<Answer>(timeoutMs);
  }

  async nextMessage<Message>(timeoutMs: number): Promise<Message> {
    const timeout = new AbortController();
    const [message] = (await Promise.race([
      once(this.#child, 'message', { signal: timeout.signal }),
      this.#exited.then(() => Promise.reject(this.#failure('ended'))),
      delay(timeoutMs, undefined, { signal: timeout.signal }).then(() =>
        Promise.reject(this.#failure(`said nothing for ${timeoutMs / 1000} s`)),
      ),
    ]).finally(() => timeout.abort())) as [Message];
    return message;
  }

  /** Waits until the check succeeds. */
  async until(isReady: () => Promise<boolean>, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await isReady().catch(() => false))) {
      if (!this.#running) throw this.#failure('ended');
      if (performance.now() > deadline) throw this.#failure(`was not ready in ${timeoutMs / 1000} s`);
      await delay(POLL_MS);
    }
  }

  /** Asks it to end, and ends it when it has not within ten seconds. */
  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#child.kill(this.#options.stopSignal ?? 'SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  async #follow(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
    this.#running = false;
  }

  #failure(what: string): Error {
    return new Error(`${this.name} ${what}. It last wrote:\n${tailOf(this.#options.logFile)}`);
  }
}

/** Runs the program through setpriv, which has the kernel end it with this process and changes the user. */
function tiedToThisProcess({ command, args, user }: ProcessOptions): [string, string[]] {
  const setpriv = findProgram('setpriv');
  if (setpriv === undefined) {
    if (user)
      throw new Error('setpriv (of util-linux), which is needed to run as another user, is not there');
    return [command, args];
  }
  const identity = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
  return [setpriv, ['--pdeathsig=KILL', ...identity, '--', command, ...args]];
}

function tailOf(logFile: string): string {
  const text = readFileSync(logFile, 'utf8').trimEnd();
  return text.split('\n').slice(-LOG_TAIL_LINES).join('\n') || '(nothing)';
}
