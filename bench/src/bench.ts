import { access, constants } from 'node:fs/promises';

import { assertOnDisk, conditionsOf } from './conditions.js';
import type { EngineDefinition, EngineName } from './engines/engine.js';
import { ENGINES } from './engines/registry.js';
import type { Measurement } from './harness/measurement.js';
import { Turn } from './harness/turn.js';
import { measure, turnSeconds } from './measure.js';
import type { BenchOptions } from './options.js';
import { Progress } from './progress.js';
import type { WorkloadName } from './workloads.js';

/** What came of a benchmark. */
export interface Outcome {
  measurements: Measurement[];
  /** The engines that could be had, with what they are. */
  engines: string[];
  /** The peers that could not be had, and why. */
  missing: string[];
  /** The measurements that failed, and why. */
  failures: string[];
}

interface PlannedTurn {
  definition: EngineDefinition;
  workload: WorkloadName;
  round: number;
}

/** Measures what the options ask for, each engine in its turn: A B A B. */
export async function bench(
  options: BenchOptions,
  onMeasurement: (line: Measurement) => void,
): Promise<Outcome> {
  await access(options.dataDirectory, constants.W_OK);
  await assertOnDisk(options.dataDirectory);
  const outcome: Outcome = { measurements: [], engines: [], missing: [], failures: [] };
  const progress = new Progress(0);
  for (const line of conditionsOf(options)) progress.say(line);
  const available = await prepare(options.peers, outcome, progress);
  const turns = plan(available, options);
  if (turns.length === 0)
    throw new Error('There is nothing to measure: no engine that can be had carries out the workloads.');
  progress.expect(turns.length);
  progress.say(forecast(turns, options));
  for (const turn of turns) await takeTurn(turn, options, outcome, progress, onMeasurement);
  return outcome;
}

async function prepare(
  peers: readonly EngineName[],
  outcome: Outcome,
  progress: Progress,
): Promise<EngineDefinition[]> {
  const available: EngineDefinition[] = [];
  for (const name of peers) {
    const definition = ENGINES[name];
    try {
      const versions = await definition.prepare((line) => progress.say(`${name}: ${line}`));
      outcome.engines.push(`${name}: ${versions}; ${definition.conditions}`);
      progress.say(`${name}: ${versions}`);
      available.push(definition);
    } catch (error) {
      outcome.missing.push(`${name}: ${messageOf(error)}`);
      progress.say(`${name} cannot be had and is left out: ${messageOf(error)}`);
    }
  }
  return available;
}

/** The turns of one workload stand together, so that what is compared was measured within minutes. */
function plan(definitions: EngineDefinition[], { workloads, rounds }: BenchOptions): PlannedTurn[] {
  return workloads.flatMap((workload) =>
    Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) =>
      definitions
        .filter((definition) => definition.workloads.includes(workload))
        .map((definition) => ({ definition, workload, round })),
    ),
  );
}

function forecast(turns: PlannedTurn[], { warmupSeconds, seconds }: BenchOptions): string {
  const total = turns.reduce((sum, { workload }) => sum + turnSeconds(workload, warmupSeconds, seconds), 0);
  return `${turns.length} turns, about ${Math.ceil(total / 60)} minutes`;
}

async function takeTurn(
  { definition, workload, round }: PlannedTurn,
  options: BenchOptions,
  outcome: Outcome,
  progress: Progress,
  onMeasurement: (line: Measurement) => void,
): Promise<void> {
  progress.turn(`${workload} round ${round}: ${definition.name}`);
  try {
    const measurements = await Turn.take(definition, workload, round, options, measure);
    for (const measurement of measurements) {
      progress.say(`  ${briefly(measurement)}`);
      onMeasurement(measurement);
    }
    outcome.measurements.push(...measurements);
  } catch (error) {
    outcome.failures.push(`${workload} round ${round}, ${definition.name}: ${messageOf(error)}`);
    progress.say(`  failed: ${messageOf(error)}`);
  }
}

function briefly({
  inFlight,
  workflowsPerSecond,
  p50Ms,
  p99Ms,
  cpuMsPerWorkflow,
  peakRssMb,
}: Measurement): string {
  return `${inFlight} in flight: ${workflowsPerSecond.toFixed(1)}/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms, ${cpuMsPerWorkflow} ms CPU, ${peakRssMb} MiB`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
