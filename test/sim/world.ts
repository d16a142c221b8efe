import type { LoggerService } from '@nestjs/common';
import { type LogLine, ClientLog } from '../checker/index.js';
import { Kernel } from './kernel/kernel.js';
import { SimNetwork } from './net/sim-network.js';
import { MemoryJournalStorage } from './production.js';
import { NO_STORAGE_FAULTS, type StorageFaults } from './store/sim-log.js';
import type { Workflows } from './workload/application.js';

/** What all processes of a simulation share: time, the network, the storage, and the log of what clients were told. */
export class SimulatedWorld {
  readonly kernel: Kernel;
  readonly network: SimNetwork;
  readonly storage: MemoryJournalStorage = new MemoryJournalStorage();
  readonly storageFaults: StorageFaults = { ...NO_STORAGE_FAULTS };
  readonly clientLog: ClientLog = new ClientLog();
  readonly namespace = 'sim';
  readonly partitions = 2;
  /** When runs are checkpointed, leave the memory, and the journal is purged: in milliseconds. */
  readonly checkpoints: {
    intervalMs: number;
    purgeDelayMs: number;
    idleAfterMs: number;
    retentionMs: number;
  };
  /** What production code said that nobody should ever read. */
  readonly alarms: string[] = [];

  constructor(
    seed: number,
    readonly workflows: Workflows,
  ) {
    this.kernel = new Kernel(seed);
    this.network = new SimNetwork(this.kernel);
    const { random } = this.kernel;
    this.checkpoints = {
      intervalMs: random.pick([1_000, 10_000, 60_000]),
      purgeDelayMs: random.pick([500, 10_000, 300_000]),
      idleAfterMs: random.pick([500, 5_000, 30_000]),
      retentionMs: 30 * 24 * 3_600_000,
    };
  }

  log(line: LogLine): void {
    this.kernel.trace(`log ${line.type}`, () => JSON.stringify(line));
    this.clientLog.add(line);
  }

  /** Where a process logs: into the trace. An error in it is a finding. */
  loggerOf(name: string): LoggerService {
    const line =
      (level: string) =>
      (message: unknown): void =>
        this.kernel.trace(`${name} ${level}`, () => String(message));
    return {
      log: line('says'),
      warn: line('warns'),
      error: (message: unknown) => {
        line('fails')(message);
        this.alarms.push(`${name}: ${String(message)}`);
      },
    };
  }
}
