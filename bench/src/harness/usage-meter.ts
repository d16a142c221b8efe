import type { EngineProcess, Role } from '../engines/engine.js';
import { cpuMs, rssMb } from './proc.js';
import { sum } from './statistics.js';

/** A figure of all processes of an engine, by process. */
export type ByProcess = Record<string, number>;

const MEMORY_SAMPLE_MS = 250;

/** Watches what the processes of an engine use. */
export class UsageMeter {
  #cpuAtBegin: ByProcess = {};
  #peak: ByProcess = {};
  #peakOfAll = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly processes: readonly EngineProcess[]) {
    this.#timer = setInterval(() => this.#sampleMemory(), MEMORY_SAMPLE_MS);
    this.begin();
  }

  /** Begins to count CPU time, and memory from what is used now. */
  begin(): void {
    this.#cpuAtBegin = this.#each(cpuMs);
    this.#peak = {};
    this.#peakOfAll = 0;
    this.#sampleMemory();
  }

  /** CPU time since {@link begin}, in milliseconds. */
  cpuMs(): ByProcess {
    const now = this.#each(cpuMs);
    return Object.fromEntries(
      Object.entries(now).map(([name, ms]) => [name, ms - (this.#cpuAtBegin[name] ?? 0)]),
    );
  }

  /** The most memory that each process had since {@link begin}, in MiB. */
  peakMb(): ByProcess {
    this.#sampleMemory();
    return { ...this.#peak };
  }

  /** The most memory that all of them had at one time, in MiB. */
  get peakOfAllMb(): number {
    return this.#peakOfAll;
  }

  /** The most memory that the servers had, in MiB. */
  peakOfRoleMb(role: Role): number {
    const names = this.processes.filter((process) => process.role === role).map(({ name }) => name);
    return sum(names.map((name) => this.#peak[name] ?? 0));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sampleMemory(): void {
    const now = this.#each(rssMb);
    this.#peakOfAll = Math.max(this.#peakOfAll, sum(Object.values(now)));
    for (const [name, mb] of Object.entries(now)) this.#peak[name] = Math.max(this.#peak[name] ?? 0, mb);
  }

  #each(read: (pid: number) => number): ByProcess {
    return Object.fromEntries(this.processes.map(({ name, pid }) => [name, read(pid)]));
  }
}
