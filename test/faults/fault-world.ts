import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CoordinatorLink, GroundControlClient } from '@ground-control/client';
import { EmbeddedNatsServer } from '@ground-control/nats-server';
import { ValueCodec } from '@ground-control/protocol';
import { FramePeer } from '@ground-control/transport';
import { CallRecorder, check, ClientLog, type FinalRun, inWords, type LogLine } from '../checker/index.js';
import { Random } from '../sim/kernel/random.js';
import { ClientScript, type ScriptClock } from '../sim/workload/client-script.js';
import type { Pace } from '../sim/pace.js';
import { checkOrders } from '../sim/workload/order-check.js';
import { Child } from './child.js';

const NAMESPACE = 'faults';
export const PARTITIONS = 2;
/** How long a worker may be silent, in milliseconds. */
const WORKER_LEASE_MS = 2_000;
/** How long a client waits for an answer, in milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;

export interface FaultWorldOptions {
  coordinators?: number;
  workers?: number;
  /** The folder of everything. @defaultValue a temporary one */
  folder?: string;
}

/** A whole system of real processes and clients that write down what they were told. */
export class FaultWorld {
  readonly log: ClientLog = new ClientLog();
  readonly random: Random;
  private readonly peers: FramePeer[] = [];
  private clients = 0;

  private constructor(
    readonly nats: EmbeddedNatsServer,
    readonly folder: string,
    private readonly notes: string,
    readonly coordinators: Child[],
    readonly workers: Child[],
    seed: number,
  ) {
    this.random = new Random(seed);
  }

  static async start(seed: number, options: FaultWorldOptions = {}): Promise<FaultWorld> {
    const notes = mkdtempSync(join(tmpdir(), 'ground-control-faults-'));
    const folder = options.folder ?? notes;
    const nats = await EmbeddedNatsServer.start({ storeDirectory: join(folder, 'nats') });
    const env = {
      GROUND_CONTROL_SERVERS: nats.url,
      GROUND_CONTROL_NAMESPACE: NAMESPACE,
      GROUND_CONTROL_PARTITIONS: String(PARTITIONS),
      GROUND_CONTROL_WORKER_LEASE: `${WORKER_LEASE_MS}ms`,
      GROUND_CONTROL_LOG_LEVEL: 'warn',
      // The far end of the tasks has a disk of its own.
      LEDGER: join(notes, 'ledger'),
    };
    const children = (kind: string, count: number, main: string): Child[] =>
      Array.from(
        { length: count },
        (_, n) => new Child(`${kind}${n + 1}`, new URL(main, import.meta.url), env),
      );
    const coordinators = children(
      'coordinator',
      options.coordinators ?? 1,
      '../../apps/coordinator/src/main.js',
    );
    const workers = children('worker', options.workers ?? 2, './worker/main.js');
    const world = new FaultWorld(nats, folder, notes, coordinators, workers, seed);
    await coordinators[0]?.startAndWait();
    for (const coordinator of coordinators) coordinator.start();
    await Promise.all(workers.map((worker) => worker.startAndWait()));
    return world;
  }

  async stop(): Promise<void> {
    for (const peer of this.peers) await peer.close();
    await Promise.all([...this.coordinators, ...this.workers].map((child) => child.kill()));
    await this.nats.stop();
    for (const folder of [this.folder, this.notes]) rmSync(folder, { recursive: true, force: true });
  }

  /** A client of its own. */
  async client(): Promise<{ client: GroundControlClient; recorder: CallRecorder }> {
    const peer = await FramePeer.connect({
      servers: this.nats.url,
      namespace: NAMESPACE,
      connectTimeoutMs: 60_000,
    });
    peer.onError(() => undefined);
    this.peers.push(peer);
    const link = new CoordinatorLink(peer, new ValueCodec(), { requestTimeoutMs: REQUEST_TIMEOUT_MS });
    const client = new GroundControlClient(link, new ValueCodec());
    const recorder = new CallRecorder(`client${++this.clients}`, (line) => this.log.add(line));
    return { client, recorder };
  }

  /** Has clients do what the script says, until it ends. */
  async load(pace: Pace, clients: number): Promise<ClientScript> {
    const began = performance.now();
    const { random } = this;
    const clock: ScriptClock = {
      random,
      get now() {
        return performance.now() - began;
      },
      sleep: (ms) => delay(ms),
    };
    const script = new ClientScript(clock, pace);
    await Promise.all(Array.from({ length: clients }, async () => script.work(await this.client())));
    return script;
  }

  /** Everything runs, and nothing is stopped. */
  async heal(): Promise<void> {
    this.nats.resume();
    if (this.nats.pid === undefined) await this.nats.restart();
    for (const child of [...this.coordinators, ...this.workers]) {
      child.signal('SIGCONT');
      child.start();
    }
  }

  /** Brings every run to its end and checks everything. @returns the broken rules */
  async verdict(script: ClientScript): Promise<string[]> {
    const life = await this.client();
    await Promise.all(script.runs.map((run) => script.finish(life, run)));
    const runs = await this.harvest();
    for (const line of this.ledger()) this.log.add(line);
    const violations = check({
      log: this.log,
      runs,
      settled: true,
      staleReads: this.coordinators.length > 1,
    });
    return [...violations.map(inWords), ...checkOrders(runs)];
  }

  private async harvest(): Promise<FinalRun[]> {
    const { client } = await this.client();
    for (let active = 1; active > 0; await delay(100)) {
      const page = await client.list({ status: ['scheduled', 'running', 'waiting'], limit: 100 });
      active = page.runs.length;
    }
    const { runs } = await client.list({ limit: 1_000 });
    return Promise.all(
      runs.map(async ({ id: runId, workflowId }) => ({
        workflowId,
        runId,
        history: await client.handle(workflowId, runId).history(),
      })),
    );
  }

  private ledger(): LogLine[] {
    const file = join(this.notes, 'ledger');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as LogLine);
  }
}
