import type { EngineName } from '../engines/engine.js';
import type { WorkloadName } from '../workloads.js';
import type { Sample } from './closed-loop.js';
import type { ByProcess, UsageMeter } from './usage-meter.js';

/** One measurement, as `--json` prints it. Times are in milliseconds, memory is in MiB. */
export interface Measurement {
  engine: EngineName;
  workload: WorkloadName;
  inFlight: number;
  workflowsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** User and system time of all processes of the engine, client and worker included, for one workflow. */
  cpuMsPerWorkflow: number;
  /** The most that all processes of the engine had at one time. */
  peakRssMb: number;
  /** The most that its servers alone had. */
  serverPeakRssMb: number;
  round: number;
  /** How many workflows were measured, and for how long. */
  workflows: number;
  seconds: number;
  cpuMsPerWorkflowByProcess: ByProcess;
  peakRssMbByProcess: ByProcess;
  /** What only this workload tells. */
  details?: Record<string, number> | undefined;
}

export type Subject = Pick<Measurement, 'engine' | 'workload' | 'inFlight' | 'round'>;

/** Puts together what the client saw and what the processes used. @throws Error when it saw no run end */
export function measurementOf(subject: Subject, sample: Sample, usage: UsageMeter): Measurement {
  const { runs, elapsedMs, p50Ms, p99Ms } = sample;
  if (runs === 0) throw new Error(`No run ended within ${Math.round(elapsedMs / 1000)} s.`);
  const cpu = mapValues(usage.cpuMs(), (ms) => round(ms / runs, 4));
  return {
    ...subject,
    workflowsPerSecond: round((runs * 1000) / elapsedMs, 2),
    p50Ms: round(p50Ms, 3),
    p99Ms: round(p99Ms, 3),
    cpuMsPerWorkflow: round(
      Object.values(cpu).reduce((total, ms) => total + ms, 0),
      4,
    ),
    peakRssMb: round(usage.peakOfAllMb, 1),
    serverPeakRssMb: round(usage.peakOfRoleMb('server'), 1),
    workflows: runs,
    seconds: round(elapsedMs / 1000, 2),
    cpuMsPerWorkflowByProcess: cpu,
    peakRssMbByProcess: mapValues(usage.peakMb(), (mb) => round(mb, 1)),
  };
}

function mapValues(values: ByProcess, change: (value: number) => number): ByProcess {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
