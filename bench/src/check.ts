import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { assertOnDisk } from './conditions.js';
import { ENGINES } from './engines/registry.js';
import type { EngineName } from './engines/engine.js';
import { BENCH_DIRECTORY } from './harness/paths.js';
import { runProgram } from './run-program.js';
import { Turn } from './harness/turn.js';
import { type BenchOptions, parseOptions } from './options.js';
import { Progress } from './progress.js';

// Whether W2 costs more CPU than it did at the last release. Both figures are multiples of what the floor costs in the
// same run, because the speed of machines differs, and that of one machine within the hour.

const BASELINE_FILE = join(BENCH_DIRECTORY, 'baseline.json');
/** How much worse is too much. */
const TOLERANCE = 0.15;
/** Has the result kept as the figure that later ones are compared with. */
const UPDATE = '--update';
const SHORT = ['--seconds', '6', '--warmup', '4', '--rounds', '4'];

interface Baseline {
  /** CPU time of a W2 workflow in that of the floor. */
  cpuInFloors: number;
  /** How it was measured: for the reader, not for the check. */
  measured: {
    on: string;
    node: string;
    cores: number;
    cpuMsPerWorkflow: number;
    floorCpuMsPerWorkflow: number;
  };
}

interface Costs {
  ours: number[];
  floor: number[];
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const options = parseOptions([...SHORT, ...args.filter((arg) => arg !== UPDATE)]);
  if (options === 'help') return help();
  await assertOnDisk(options.dataDirectory);
  if (!args.includes(UPDATE) && !existsSync(BASELINE_FILE)) {
    throw new Error(
      `There is nothing to compare with: make ${BASELINE_FILE} with \`npm run bench:check -- ${UPDATE}\`.`,
    );
  }
  const costs = await measureCosts(options);
  const cpuInFloors = least(costs.ours) / least(costs.floor);
  return args.includes(UPDATE) ? update(cpuInFloors, costs) : compare(cpuInFloors);
}

/** What else a machine does only ever adds to a cost: the least of some rounds is nearest to it. */
function least(costs: readonly number[]): number {
  return Math.min(...costs);
}

function help(): number {
  process.stdout.write(
    `npm run bench:check -- [${UPDATE}] [--seconds N] [--warmup N] [--rounds N] [--concurrency N] [--data FOLDER]\n`,
  );
  return 0;
}

async function measureCosts(options: BenchOptions): Promise<Costs> {
  const progress = new Progress(2 * options.rounds);
  const costs: Costs = { ours: [], floor: [] };
  for (let round = 1; round <= options.rounds; round += 1) {
    costs.floor.push(await cpuOfW2('floor', round, options, progress));
    costs.ours.push(await cpuOfW2('ground-control', round, options, progress));
  }
  return costs;
}

async function cpuOfW2(
  name: EngineName,
  round: number,
  options: BenchOptions,
  progress: Progress,
): Promise<number> {
  const definition = ENGINES[name];
  await definition.prepare((line) => progress.say(line));
  progress.turn(`W2 round ${round}: ${name}`);
  const { concurrency } = options;
  const measured = await Turn.take(definition, 'W2', round, options, (turn) =>
    turn.closedLoop('W2', concurrency),
  );
  progress.say(`  ${measured.cpuMsPerWorkflow} ms CPU, ${measured.workflowsPerSecond.toFixed(0)}/s`);
  return measured.cpuMsPerWorkflow;
}

function update(cpuInFloors: number, { ours, floor }: Costs): number {
  const baseline: Baseline = {
    cpuInFloors: Number(cpuInFloors.toFixed(3)),
    measured: {
      on: new Date().toISOString().slice(0, 10),
      node: process.version,
      cores: availableParallelism(),
      cpuMsPerWorkflow: Number(least(ours).toFixed(4)),
      floorCpuMsPerWorkflow: Number(least(floor).toFixed(4)),
    },
  };
  writeFileSync(BASELINE_FILE, `${JSON.stringify(baseline, undefined, 2)}\n`);
  process.stdout.write(
    `W2 costs ${baseline.cpuInFloors} times the CPU of the floor: kept in ${BASELINE_FILE}\n`,
  );
  return 0;
}

function compare(cpuInFloors: number): number {
  const baseline = JSON.parse(readFileSync(BASELINE_FILE, 'utf8')) as Baseline;
  const change = cpuInFloors / baseline.cpuInFloors - 1;
  const percent = `${change < 0 ? '' : '+'}${(100 * change).toFixed(1)} %`;
  process.stdout.write(
    `W2 costs ${cpuInFloors.toFixed(2)} times the CPU of the floor; ${baseline.cpuInFloors} at the last release (${percent})\n`,
  );
  if (change <= TOLERANCE) return 0;
  process.stdout.write(`That is more than ${100 * TOLERANCE} % worse.\n`);
  return 1;
}

await runProgram(main);
