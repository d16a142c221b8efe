import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EmbeddedNatsServer, locateNatsServer } from '@ground-control/nats-server';

import { freePort } from './free-port.js';
import { ManagedProcess, type ProcessSettings } from './managed-process.js';
import { Partners } from './partners.js';

/** A process that serves the shop's API and runs its workflows. */
export interface Shop {
  name: string;
  url: string;
  process: ManagedProcess;
}

export interface StackOptions {
  /** How long a worker may be silent before its steps go to another. */
  workerLease: string;
  /** The ports of the shops; another is taken where one is in use. */
  shopPorts: [number, number];
  onProgress: (line: string) => void;
}

const COORDINATOR_MAIN = new URL('../../../coordinator/src/main.js', import.meta.url);
const PARTNERS_MAIN = new URL('../partners/main.js', import.meta.url);
const SHOP_MAIN = new URL('../main.js', import.meta.url);

/**
 * NATS, a coordinator, the partners and two shops, each a process of its own on this machine, with data in a
 * temporary folder.
 */
export class OrdersStack {
  /** The process ids of all that was ever started. */
  readonly pids: Set<number> = new Set<number>();
  readonly shops: Shop[] = [];
  readonly #processes: ManagedProcess[] = [];
  readonly #stopping = new AbortController();
  #starting: Promise<void> = Promise.resolve();
  #folder: string | undefined;
  #nats: EmbeddedNatsServer | undefined;
  #coordinator: ManagedProcess | undefined;
  #partners: Partners | undefined;

  constructor(private readonly options: StackOptions) {}

  /** Starts everything; resolves when all of it is ready. */
  start(): Promise<void> {
    const starting = this.#startAll();
    this.#starting = starting.catch(() => undefined);
    return starting;
  }

  /** Stops everything in the order in which nobody misses the one that ends, and removes the data. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The stack is stopped.'));
    await this.#starting;
    // What is held up there would hold up the shops, which finish what they have begun.
    await this.#partners?.openAll().catch(() => undefined);
    for (const { process } of this.shops) await process.stop();
    for (const process of this.#processes.toReversed()) await process.stop();
    await this.#nats?.stop();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  /** The URL of the NATS server. */
  get servers(): string {
    return present(this.#nats).url;
  }

  get partners(): Partners {
    return present(this.#partners);
  }

  shop(name: string): Shop {
    return present(this.shops.find((shop) => shop.name === name));
  }

  get coordinatorIsRunning(): boolean {
    return this.#coordinator?.running ?? false;
  }

  get natsIsRunning(): boolean {
    return this.#nats?.pid !== undefined;
  }

  /** Ends the coordinator with SIGKILL. */
  async killCoordinator(): Promise<void> {
    await this.#coordinator?.kill();
  }

  async startCoordinator(): Promise<void> {
    this.#coordinator = await this.#launch({
      name: 'coordinator',
      main: COORDINATOR_MAIN,
      env: {
        GROUND_CONTROL_SERVERS: this.servers,
        GROUND_CONTROL_WORKER_LEASE: this.options.workerLease,
        GROUND_CONTROL_LOG_LEVEL: 'warn',
        // The one that follows a killed one need not wait for its lease to run out.
        GROUND_CONTROL_COORDINATOR_ID: 'orders',
      },
    });
  }

  /** Ends the NATS server with SIGKILL. */
  async killNats(): Promise<void> {
    await this.#nats?.kill();
  }

  /** Starts the NATS server again on its data. */
  async restartNats(): Promise<void> {
    await this.#nats?.restart();
    this.#told('NATS server', this.#nats?.pid);
  }

  async #startAll(): Promise<void> {
    await this.#startNats();
    await Promise.all([this.startCoordinator(), this.#startPartners()]);
    await Promise.all(
      this.options.shopPorts.map((port, index) => this.#startShop(`shop-${index + 1}`, port)),
    );
    this.shops.sort((one, other) => one.name.localeCompare(other.name));
  }

  async #startNats(): Promise<void> {
    const executable = await locateNatsServer({ onProgress: this.options.onProgress });
    this.#stopping.signal.throwIfAborted();
    this.#folder = await mkdtemp(join(tmpdir(), 'ground-control-orders-'));
    this.#nats = await EmbeddedNatsServer.start({ executable, storeDirectory: join(this.#folder, 'nats') });
    this.#told(`NATS server ${executable.version}`, this.#nats.pid, this.#nats.url);
  }

  async #startPartners(): Promise<void> {
    const port = await freePort();
    this.#partners = new Partners(`http://127.0.0.1:${port}`);
    const env = { PORT: String(port) };
    const url = `${this.#partners.url}/charges`;
    await this.#launch({ name: 'partners', main: PARTNERS_MAIN, env, url });
  }

  async #startShop(name: string, preferredPort: number): Promise<void> {
    const port = await freePort(preferredPort);
    const url = `http://127.0.0.1:${port}`;
    const env = {
      PORT: String(port),
      WORKER_NAME: name,
      GROUND_CONTROL_SERVERS: this.servers,
      PARTNERS_URL: this.partners.url,
    };
    const process = await this.#launch({ name, main: SHOP_MAIN, env, url: `${url}/` });
    this.shops.push({ name, url, process });
  }

  async #launch(settings: ProcessSettings): Promise<ManagedProcess> {
    this.#stopping.signal.throwIfAborted();
    const process = new ManagedProcess(settings);
    this.#processes.push(process);
    await process.ready(this.#stopping.signal);
    this.#told(settings.name, process.pid, settings.url && new URL(settings.url).origin);
    return process;
  }

  #told(name: string, pid: number | undefined, url?: string): void {
    if (pid !== undefined) this.pids.add(pid);
    this.options.onProgress(`${name.padEnd(20)} pid ${String(pid).padEnd(8)} ${url ?? ''}`.trimEnd());
  }
}

function present<T>(value: T | undefined): T {
  if (value !== undefined) return value;
  throw new Error('This part of the stack has not been started.');
}
