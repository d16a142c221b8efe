import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Engine, EngineDefinition } from '../engines/engine.js';
import type { BenchOptions } from '../options.js';
import type { RunKind, WorkloadName } from '../workloads.js';
import type { Sample } from './closed-loop.js';
import { type Load, LoadClient } from './load-client.js';
import { ManagedProcess } from './managed-process.js';
import { type Measurement, measurementOf, type Subject } from './measurement.js';
import { modulePath } from './paths.js';
import { UsageMeter } from './usage-meter.js';

const CLIENT = modulePath('harness/client-process.js');
const CLIENT_START_TIMEOUT_MS = 30_000;
const MAX_EXTENSIONS = 3;

/** An engine that has just been started on an empty store, to be measured and stopped. */
export class Turn {
  private constructor(
    readonly definition: EngineDefinition,
    readonly workload: WorkloadName,
    readonly round: number,
    readonly options: BenchOptions,
    readonly load: LoadClient,
    readonly usage: UsageMeter,
  ) {}

  /** Starts an engine, hands it over and stops it, whatever happens. */
  static async take<T>(
    definition: EngineDefinition,
    workload: WorkloadName,
    round: number,
    options: BenchOptions,
    use: (turn: Turn) => Promise<T>,
  ): Promise<T> {
    const directory = await mkdtemp(join(options.dataDirectory, `ground-control-bench-${definition.name}-`));
    await chmod(directory, 0o755); // an engine may run as another user
    const { concurrency: maxInFlight, nodeArgs } = options;
    const engine = definition.create({ directory, maxInFlight, workload, nodeArgs });
    const cleanUp = async (): Promise<void> => {
      await engine.stop();
      await rm(directory, { recursive: true, force: true });
    };
    cleanUps.add(cleanUp);
    try {
      await engine.start();
      await engine.startWorker();
      return await withClient(definition, engine, directory, nodeArgs, (load, usage) =>
        use(new Turn(definition, workload, round, options, load, usage)),
      );
    } finally {
      await cleanUp();
      cleanUps.delete(cleanUp);
    }
  }

  /** Measures a closed loop: warms up, counts, and waits until all runs have ended. */
  async closedLoop(run: RunKind, inFlight: number): Promise<Measurement> {
    await this.load.start({ run, inFlight });
    await this.#letRun(this.options.warmupSeconds, inFlight);
    await this.load.begin();
    this.usage.begin();
    const sample = await this.#letRun(this.options.seconds, 2 * inFlight);
    const measurement = measurementOf(this.#subject(inFlight), sample, this.usage);
    await this.load.stop();
    return measurement;
  }

  /** Measures a load of so many runs from its beginning to its end. */
  async limited(load: Load & { limit: number }, timeoutMs: number): Promise<Measurement> {
    this.usage.begin();
    await this.load.start(load);
    const sample = await this.load.finish(timeoutMs);
    return measurementOf(this.#subject(load.inFlight), sample, this.usage);
  }

  /** For so long, and up to four times as long where fewer runs end: many in flight may all end at once, or none. */
  async #letRun(seconds: number, fewestRuns: number): Promise<Sample> {
    for (let extensions = 0; ; extensions += 1) {
      await delay(seconds * 1000);
      const sample = await this.load.seen();
      if (sample.runs >= fewestRuns || extensions === MAX_EXTENSIONS) return sample;
    }
  }

  #subject(inFlight: number): Subject {
    return { engine: this.definition.name, workload: this.workload, inFlight, round: this.round };
  }
}

/** Runs the client's process for as long as it is used. */
async function withClient<T>(
  { driver }: EngineDefinition,
  engine: Engine,
  directory: string,
  nodeArgs: readonly string[],
  use: (load: LoadClient, usage: UsageMeter) => Promise<T>,
): Promise<T> {
  const logFile = join(directory, 'client.log');
  const client = ManagedProcess.fork(CLIENT, { name: 'client', nodeArgs, directory, logFile });
  const usage = new UsageMeter([...engine.processes(), { role: 'client', name: 'client', pid: client.pid }]);
  try {
    await client.nextMessage(CLIENT_START_TIMEOUT_MS);
    const load = new LoadClient(client);
    await load.connect(driver, engine.settings);
    return await use(load, usage);
  } finally {
    usage.stop();
    await client.stop();
  }
}

const cleanUps = new Set<() => Promise<void>>();

/** Ends every engine that runs and removes its data: for a process that is told to end. */
export async function stopEverything(): Promise<void> {
  await Promise.allSettled([...cleanUps].map((cleanUp) => cleanUp()));
}
