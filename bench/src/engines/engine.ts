import type { DriverSettings } from '../harness/driver.js';
import type { WorkloadName } from '../workloads.js';

export type Role = 'server' | 'worker' | 'client';

/** A process that is measured. */
export interface EngineProcess {
  role: Role;
  name: string;
  pid: number;
}

/** Where an engine keeps its data, and what it shall be ready for. */
export interface EngineContext {
  /** A folder of its own, on a disk. */
  directory: string;
  /** The most runs that will be in flight. */
  maxInFlight: number;
  /** What it is started for. */
  workload: WorkloadName;
  /** Further arguments of Node for its processes, for example to have them profiled. */
  nodeArgs: readonly string[];
}

/** One life of an engine, from an empty store to its end. */
export interface Engine {
  /** Starts the servers; resolves when they serve. */
  start(): Promise<void>;
  /** Starts the process that carries the workflows out; resolves when it does. */
  startWorker(): Promise<void>;
  /** What the client's process connects with. */
  readonly settings: DriverSettings;
  processes(): EngineProcess[];
  /** Ends whatever of it runs. May be called again, and before it was started. */
  stop(): Promise<void>;
}

/** An engine that can be measured. */
export interface EngineDefinition {
  name: EngineName;
  /** What it is and how its storage is configured, for the report. */
  conditions: string;
  workloads: readonly WorkloadName[];
  /** The module with its `connect`, seen from the folder of the compiled code. */
  driver: string;
  /**
   * Gets what it needs, and says which versions it will run with.
   *
   * @throws Error with the reason when it cannot be had
   */
  prepare(say: (line: string) => void): Promise<string>;
  create(context: EngineContext): Engine;
}

export const ENGINE_NAMES = [
  'ground-control',
  'ground-control-1p',
  'restate',
  'restate-4p',
  'dbos',
  'bullmq',
  'floor',
] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** The workloads that every engine carries out. */
export const COMMON_WORKLOADS: readonly WorkloadName[] = ['W1', 'W2', 'W3', 'W4', 'W5'];
