import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** How long a process has until it says that it is ready, in milliseconds. */
const READY_MS = 60_000;

/** A process of the system that is killed, stopped and started again; it ends with the one that started it. */
export class Child {
  private child: ChildProcess | undefined;
  private output = '';

  constructor(
    readonly name: string,
    private readonly main: URL,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  get isAlive(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The end of what it has written, in all its lives. */
  get words(): string {
    return this.output.slice(-10_000);
  }

  /** Starts it unless it lives. */
  start(): void {
    if (this.isAlive) return;
    const child = fork(this.main, {
      execArgv: ['--enable-source-maps'],
      env: { ...process.env, ...this.env, GROUND_CONTROL_EXIT_WITH_PARENT: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data: Buffer) => (this.output += data.toString()));
    this.child = child;
  }

  /** Starts it; resolves when it says that it is ready. @throws Error with its last words when it does not */
  async startAndWait(): Promise<void> {
    this.start();
    const { child } = this;
    if (!child) return;
    const timeout = AbortSignal.timeout(READY_MS);
    const ready = once(child, 'message', { signal: timeout }).catch(() => false as const);
    const isReady = (await Promise.race([ready, once(child, 'exit').then(() => false as const)])) !== false;
    if (!isReady) throw new Error(`${this.name} did not get ready. Its last words:\n${this.words}`);
  }

  /** SIGSTOP or SIGCONT. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.child?.kill(name);
  }

  async kill(): Promise<void> {
    if (!this.child || !this.isAlive) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}
