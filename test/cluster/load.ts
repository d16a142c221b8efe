import { setTimeout as delay } from 'node:timers/promises';
import {
  CoordinatorUnavailableError,
  type GroundControlClient,
  type StartedWorkflow,
} from '@ground-control/nestjs';
import { CallRecorder, check, ClientLog, type FinalRun, inWords, type LogLine } from '../checker/index.js';
import type { ClusterWorld } from './cluster-world.js';

/** How many histories are read at a time. */
const READERS = 32;

/** How long a request took, and when it was made, in milliseconds of the monotonic clock. */
export interface Timing {
  what: string;
  startedAt: number;
  tookMs: number;
}

/** Clients that start runs, send them what they wait for, and await their results, one after the other, for ever. */
export class Load {
  readonly timings: Timing[] = [];
  private readonly lines: LogLine[] = [];
  private readonly handles: StartedWorkflow[] = [];
  private readonly loops: Promise<void>[] = [];
  private stopping = false;
  private started = 0;

  constructor(
    private readonly world: ClusterWorld,
    private readonly pauseMs = 0,
  ) {}

  /** Adds clients, each of which has one run at a time. */
  begin(clients: readonly GroundControlClient[], loopsEach: number): void {
    for (const [index, client] of clients.entries()) {
      for (let loop = 0; loop < loopsEach; loop++) this.loops.push(this.loop(client, `${index}-${loop}`));
    }
  }

  /** How many runs were started, and how many of them have ended, as far as clients were told. */
  get counts(): { started: number; ended: number } {
    const ended = this.lines.filter((line) => line.type === 'told' && line.call.startsWith('result')).length;
    return { started: this.started, ended };
  }

  /** Starts no more, and waits until every run that was started has ended. */
  async end(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.loops);
  }

  /** What is wrong with what clients were told, in words; nothing when all is well. */
  async violations(client: GroundControlClient): Promise<string[]> {
    const log = new ClientLog([...this.lines, ...this.world.ledger()]);
    const runs: FinalRun[] = [];
    const left = this.handles.slice();
    const read = async (): Promise<void> => {
      for (let next = left.pop(); next; next = left.pop()) {
        const { workflowId, runId } = next;
        // oxlint-disable-next-line no-await-in-loop -- as many at a time as there are readers
        runs.push({ workflowId, runId, history: await client.handle(workflowId, runId).history() });
      }
    };
    await Promise.all(Array.from({ length: READERS }, read));
    return check({ log, runs, settled: true }).map(inWords);
  }

  /** The requests that took longest, among those that were under way after a time. */
  slowest(since = 0): Timing[] {
    return this.timings
      .filter(({ startedAt, tookMs }) => startedAt + tookMs >= since)
      .toSorted((one, other) => other.tookMs - one.tookMs)
      .slice(0, 5);
  }

  private async loop(client: GroundControlClient, name: string): Promise<void> {
    const [calls, results] = [this.recorder(`call/${name}`), this.recorder(`result/${name}`)];
    for (let number = 1; !this.stopping; number++) {
      // oxlint-disable-next-line no-await-in-loop -- one run after the other
      await this.oneRun(client, calls, results, `${name}-${number}`, number);
      // oxlint-disable-next-line no-await-in-loop -- a steady load, not all that goes
      if (this.pauseMs > 0) await delay(this.pauseMs);
    }
  }

  private async oneRun(
    client: GroundControlClient,
    calls: CallRecorder,
    results: CallRecorder,
    workflowId: string,
    input: number,
  ): Promise<void> {
    const workflowType = 'Relay';
    const handle = await this.timed('start', () =>
      calls.call(
        { kind: 'start', workflowId, workflowType, input },
        () => client.start(workflowType, { id: workflowId, input }),
        ({ runId }) => runId,
      ),
    );
    if (!handle) return;
    this.started += 1;
    this.handles.push(handle);
    const run = { workflowId, runId: handle.runId };
    const described = await this.timed('describe', () => handle.describe().catch(unlessUnavailable));
    if (described && described.id !== handle.runId)
      throw new Error(`${workflowId} is not the run that was started`);
    await this.timed('send', () =>
      calls.call({ kind: 'send', ...run, event: 'go', payload: input }, () => handle.send('go', input)),
    );
    await results.call({ kind: 'result', ...run }, () => handle.result({ timeout: '120s' }));
  }

  private async timed<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.timings.push({ what, startedAt, tookMs: Math.round(performance.now() - startedAt) });
    }
  }

  private recorder(name: string): CallRecorder {
    return new CallRecorder(name, (line) => void this.lines.push(line));
  }
}

/** A question that nobody answered in time says nothing. */
function unlessUnavailable(error: unknown): undefined {
  if (!(error instanceof CoordinatorUnavailableError)) throw error;
}
