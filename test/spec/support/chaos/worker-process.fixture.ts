import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { relative, resolve } from 'node:path';
import { gates } from '../gates.fixture.js';
import type { Place } from '../served-app.fixture.js';
import type { KillPlan } from './kill-plan.fixture.js';
import { isRehearsal } from './run.fixture.js';
import { SPEC_FOLDER_VARIABLE, specFolder } from './spec-folder.fixture.js';
import type { FromWorker, ToWorker } from './worker-messages.fixture.js';

const ROOT = resolve(import.meta.dirname, '../../../..');
const BUILT = resolve(ROOT, 'dist');
const MAIN = resolve(BUILT, 'test/spec/support/chaos/worker-main.fixture.js');
const WITHOUT_TESTS = resolve(import.meta.dirname, 'no-vitest.mjs');

/** What a worker process serves, and where. */
export interface Service {
  /** The file of the spec that declares the application. */
  spec: string;
  app: number;
  place: Place;
  identity: string;
}

/**
 * A worker of a spec, in a process of its own. When it is killed another process takes its place at once: one waits,
 * with everything loaded.
 */
export class WorkerProcess {
  /** The how-manieth process this is: another number means that the one before was killed. */
  generation = 1;
  private current: ChildProcess;
  private spare: ChildProcess | undefined;
  private serving: Promise<void>;
  private closing: Promise<void> | undefined;
  /** Why a process ended that nobody killed, and its replacement did not start. */
  private fault: Error | undefined;

  constructor(
    readonly service: Service,
    plan: KillPlan | undefined,
  ) {
    this.current = this.load();
    this.serving = this.boot(plan);
  }

  /** Resolves when the present process serves. @throws Error when a process ended that nobody killed */
  async served(): Promise<void> {
    await this.serving;
    if (this.fault) throw this.fault;
  }

  /** Tells the process when to die in the coming test, or that the test is over. */
  async follow(plan: KillPlan | undefined): Promise<void> {
    await this.served();
    const { current } = this;
    if (await tell(current, { kind: 'plan', plan })) await answered(current, 'planned');
  }

  /** Kills the present process with SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    const { current } = this;
    if (isGone(current)) return;
    const exited = once(current, 'exit');
    current.kill('SIGKILL');
    await exited;
  }

  /** Lets the worker end as an application does that is closed. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    this.spare?.kill('SIGKILL');
    await this.serving;
    const { current } = this;
    if (isGone(current)) return;
    const exited = once(current, 'exit');
    await tell(current, { kind: 'close' });
    await exited;
  }

  private load(): ChildProcess {
    const module = resolve(BUILT, relative(ROOT, this.service.spec).replace(/\.ts$/, '.js'));
    const child = fork(MAIN, [module], {
      execArgv: ['--enable-source-maps', '--import', WITHOUT_TESTS],
      env: { ...process.env, [SPEC_FOLDER_VARIABLE]: specFolder() },
      serialization: 'advanced',
    });
    // It is asked to boot as soon as it has loaded, or when its turn comes: whichever is later.
    loaded.set(child, answered(child, 'loaded'));
    passGates(child);
    return child;
  }

  private async boot(plan: KillPlan | undefined): Promise<void> {
    const { current, service } = this;
    const { app, place, identity } = service;
    await loaded.get(current);
    const booted = answered(current, 'booted');
    await tell(current, { kind: 'boot', ...place, identity, app, plan });
    await booted;
    current.once('exit', (code, signal) => this.onExit(code, signal));
    if (isGone(current)) this.onExit(current.exitCode, current.signalCode);
    else if (!isRehearsal && !this.closing) this.spare ??= this.load();
  }

  private onExit(code: number | null, signal: string | null): void {
    if (this.closing) return;
    if (signal !== 'SIGKILL') {
      this.fault = new Error(
        `the worker ${this.service.identity} ended by itself: ${signal ?? `exit code ${code}`}`,
      );
      return;
    }
    this.generation++;
    this.current = this.spare ?? this.load();
    this.spare = undefined;
    this.serving = this.boot(undefined).catch((error: unknown) => {
      this.fault = error as Error;
    });
  }
}

const loaded = new WeakMap<ChildProcess, Promise<void>>();

function isGone(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** @returns false when the process is gone */
function tell(child: ChildProcess, message: ToWorker): Promise<boolean> {
  if (!child.connected) return Promise.resolve(false);
  return new Promise((done) => {
    child.send(message, (error) => done(!error));
  });
}

/** Resolves when the process says so, or is gone. */
function answered(child: ChildProcess, kind: FromWorker['kind']): Promise<void> {
  return new Promise((done) => {
    const take = (message: unknown): void => {
      if ((message as FromWorker).kind === kind) end();
    };
    const end = (): void => {
      child.off('message', take).off('exit', end);
      done();
    };
    child.on('message', take).on('exit', end);
  });
}

/** A gate is one for all processes of a spec, and its state is kept here, where nobody is killed. */
function passGates(child: ChildProcess): void {
  child.on('message', (message) => {
    const asked = message as FromWorker;
    if (asked.kind === 'gate.open') gates.open(asked.gate);
    if (asked.kind !== 'gate.pass') return;
    const { gate } = asked;
    void gates.pass(gate).then(() => tell(child, { kind: 'gate.opened', gate }));
  });
}
