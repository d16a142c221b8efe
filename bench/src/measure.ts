import type { Measurement } from './harness/measurement.js';
import type { Turn } from './harness/turn.js';
import type { RunKind, WorkloadName } from './workloads.js';

// How each workload is measured on an engine that has its turn.

/** How long the runs of a limited load may take: far more than they should. */
const LIMITED_TIMEOUT_MS = 600_000;
/** Steps of the loop that goes before the one that is measured. */
const WARM_UP_STEPS = 500;

export function measure(turn: Turn): Promise<Measurement[]> {
  return MEASURES[turn.workload](turn);
}

/** How long a turn takes at most when all goes well, in seconds: for the forecast. */
export function turnSeconds(workload: WorkloadName, warmupSeconds: number, seconds: number): number {
  const startAndStop = 6;
  const loops = workload === 'W7' ? 1 : 2;
  return startAndStop + loops * (warmupSeconds + seconds) + (workload === 'W6' ? 20 : 0);
}

const MEASURES: Record<WorkloadName, (turn: Turn) => Promise<Measurement[]>> = {
  W1: (turn) => manyAndOne(turn, 'W1'),
  W2: (turn) => manyAndOne(turn, 'W2'),
  W3: (turn) => manyAndOne(turn, 'W3'),
  W4: (turn) => manyAndOne(turn, 'W4'),
  W5: (turn) => manyAndOne(turn, 'W5'),
  W6: besideWaitingRuns,
  W7: oneLongLoop,
  W8: (turn) => manyAndOne(turn, 'start'),
  W9: (turn) => manyAndOne(turn, 'W2'),
};

async function manyAndOne(turn: Turn, run: RunKind): Promise<Measurement[]> {
  const levels = new Set([turn.options.concurrency, 1]);
  const measurements: Measurement[] = [];
  for (const inFlight of levels) measurements.push(await turn.closedLoop(run, inFlight));
  return measurements;
}

/** W2 before and while very many runs wait, on the same engine. */
async function besideWaitingRuns(turn: Turn): Promise<Measurement[]> {
  const { concurrency, waiting } = turn.options;
  const before = await turn.closedLoop('W2', concurrency);
  await turn.limited({ run: 'wait', inFlight: concurrency, limit: waiting }, LIMITED_TIMEOUT_MS);
  const beside = await turn.closedLoop('W2', concurrency);
  const ofBefore = beside.workflowsPerSecond / before.workflowsPerSecond;
  return [
    {
      ...beside,
      details: {
        waiting,
        workflowsPerSecondBefore: before.workflowsPerSecond,
        percentOfBefore: Math.round(ofBefore * 1000) / 10,
      },
    },
  ];
}

async function oneLongLoop(turn: Turn): Promise<Measurement[]> {
  const { steps } = turn.options;
  const loop = (size: number): Promise<Measurement> =>
    turn.limited({ run: 'loop', inFlight: 1, size, limit: 1 }, LIMITED_TIMEOUT_MS);
  await loop(Math.min(WARM_UP_STEPS, steps));
  turn.usage.begin();
  const rssBeforeMb = Math.round(turn.usage.peakOfAllMb);
  const measurement = await loop(steps);
  const stepsPerSecond = Math.round(measurement.workflowsPerSecond * steps);
  return [{ ...measurement, details: { steps, stepsPerSecond, rssBeforeMb } }];
}
