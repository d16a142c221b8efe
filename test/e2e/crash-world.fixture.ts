import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { Test, type TestingModule } from '@nestjs/testing';
import { GroundControlClient, GroundControlModule, type HistoryEvent } from '@ground-control/nestjs';
import { GroundControlTestServer } from '@ground-control/nestjs/testing';

const WORKER_MAIN = new URL('../../dist/test/fixtures/worker/main.js', import.meta.url).pathname;

/** What the tasks of the chain wrote down outside of the system, one entry for each time that a body ran. */
export interface LedgerEntry {
  workflowId: string;
  what: string;
  key: string;
}

/** A whole system of real processes, each of which a test may kill: nats-server, coordinator, workers. */
export class CrashWorld {
  readonly client: GroundControlClient;
  private readonly workers: ChildProcess[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'ground-control-crash-'));

  private constructor(
    readonly server: GroundControlTestServer,
    private readonly app: TestingModule,
  ) {
    this.client = app.get(GroundControlClient);
  }

  static async start(): Promise<CrashWorld> {
    const server = await GroundControlTestServer.start({ leaseDuration: '1500ms' });
    const { servers, namespace } = server;
    const connected = GroundControlModule.forRoot({
      servers,
      namespace,
      worker: false,
      requestTimeout: '60s',
    });
    const app = await Test.createTestingModule({ imports: [connected] }).compile();
    app.useLogger(['error']);
    await app.init();
    return new CrashWorld(server, app);
  }

  async stop(): Promise<void> {
    await this.app.close();
    await Promise.all(this.workers.map((worker) => kill(worker)));
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Starts a worker process. @returns when it has registered what it serves */
  async startWorker(): Promise<ChildProcess> {
    const worker = fork(WORKER_MAIN, {
      execArgv: ['--enable-source-maps'],
      env: {
        ...process.env,
        GROUND_CONTROL_SERVERS: this.server.servers,
        GROUND_CONTROL_NAMESPACE: this.server.namespace,
        LEDGER: join(this.folder, 'ledger'),
      },
    });
    this.workers.push(worker);
    await once(worker, 'message');
    return worker;
  }

  /** Starts workers again until so many live: those that killed themselves as planned are replaced. */
  async keepWorkers(count: number): Promise<void> {
    const alive = this.workers.filter((worker) => worker.exitCode === null && worker.signalCode === null);
    await Promise.all(Array.from({ length: Math.max(0, count - alive.length) }, () => this.startWorker()));
  }

  /**
   * Does something at the moment when the n-th message of the system (a frame or an append, of anybody to anybody)
   * is seen on NATS, counted from now.
   *
   * @returns when it was done
   */
  async atMessage(number: number, act: () => Promise<void>): Promise<{ done: Promise<void> }> {
    const connection = await connect({ servers: this.server.servers });
    let seen = 0;
    const done = new Promise<void>((resolve, reject) => {
      connection.subscribe(`gc.${this.server.namespace}.>`, {
        callback: () => {
          if (++seen === number) act().then(resolve, reject);
        },
      });
    });
    await connection.flush();
    return { done: done.finally(() => void connection.close()) };
  }

  ledger(workflowId: string): LedgerEntry[] {
    const file = join(this.folder, 'ledger');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    return lines
      .map((line) => JSON.parse(line) as LedgerEntry)
      .filter((entry) => entry.workflowId === workflowId);
  }
}

/** Kills a process with SIGKILL. @returns when it is gone */
export async function kill(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const exited = once(worker, 'exit');
  worker.kill('SIGKILL');
  await exited;
}

/** How often each task was recorded as completed, by its arguments. */
export function recordedTasks(history: HistoryEvent[]): string[] {
  return history.flatMap((event) =>
    event.kind === 'task.completed'
      ? [`${event.task} ${(event.args as [string, number?])[1] ?? ''}`.trim()]
      : [],
  );
}

/** Everything of a history but its times, to be compared with what is told after a recovery. */
export function outline(history: HistoryEvent[]): string[] {
  return history.map((event) => `${event.seq} ${event.kind}`);
}
