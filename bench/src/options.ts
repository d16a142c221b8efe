import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { ENGINE_NAMES, type EngineName } from './engines/engine.js';
import { WORKLOADS, type WorkloadName } from './workloads.js';

export interface BenchOptions {
  peers: readonly EngineName[];
  workloads: readonly WorkloadName[];
  /** How long is counted, after how long a warm-up. */
  seconds: number;
  warmupSeconds: number;
  /** Runs in flight; each workload is measured with one, too. */
  concurrency: number;
  /** How often each engine has its turn. */
  rounds: number;
  json: boolean;
  /** Where the engines keep their data: a folder on a disk. */
  dataDirectory: string;
  /** How many runs wait in W6. */
  waiting: number;
  /** How many steps W7 has. */
  steps: number;
  /** Further arguments of Node for all processes that are measured. */
  nodeArgs: readonly string[];
}

export const USAGE = `npm run bench -- [options]

  --peers LIST        engines, by commas: ${ENGINE_NAMES.join(',')} (all)
  --workloads LIST    ${WORKLOADS.join(',')} (all)
  --seconds N         how long each measurement counts (10)
  --warmup N          how long the load runs before that, in seconds (5)
  --concurrency N     workflows in flight; 1 is always measured as well (256)
  --rounds N          turns of each engine for each workload (2)
  --data FOLDER       where the engines keep their data; must be on a disk (/var/tmp)
  --waiting N         runs that wait in W6 (100000)
  --steps N           steps of the run of W7 (20000)
  --cpu-prof FOLDER   write a CPU profile of every Node process that is measured
  --json              one line of JSON a measurement on standard output, and nothing else
`;

/** The arguments cannot be understood. */
export class UsageError extends Error {}

/** @throws UsageError saying what is wrong */
export function parseOptions(args: string[]): BenchOptions | 'help' {
  const values = parse(args);
  if (values.help === true) return 'help';
  return {
    peers: chosen(values.peers, ENGINE_NAMES, '--peers'),
    workloads: chosen(values.workloads, WORKLOADS, '--workloads'),
    seconds: positive(values.seconds, 10, '--seconds'),
    warmupSeconds: positive(values.warmup, 5, '--warmup'),
    concurrency: whole(values.concurrency, 256, '--concurrency'),
    rounds: whole(values.rounds, 2, '--rounds'),
    json: values.json === true,
    dataDirectory: resolve(values.data ?? '/var/tmp'),
    waiting: whole(values.waiting, 100_000, '--waiting'),
    steps: whole(values.steps, 20_000, '--steps'),
    nodeArgs: profiled(values['cpu-prof']),
  };
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const DEFINED = {
  peers: text,
  workloads: text,
  seconds: text,
  warmup: text,
  concurrency: text,
  rounds: text,
  data: text,
  waiting: text,
  steps: text,
  'cpu-prof': text,
  json: flag,
  help: flag,
} as const;

type Values = {
  [Name in keyof typeof DEFINED]?: (typeof DEFINED)[Name] extends typeof text ? string : boolean;
};

function parse(args: string[]): Values {
  try {
    return parseArgs({ args, options: DEFINED, strict: true }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function chosen<Name extends string>(
  given: string | undefined,
  choices: readonly Name[],
  option: string,
): readonly Name[] {
  if (given === undefined) return choices;
  return given.split(',').map((name) => {
    const choice = choices.find((candidate) => candidate === name.trim());
    if (choice !== undefined) return choice;
    throw new UsageError(`${option}: ${JSON.stringify(name)} is none of ${choices.join(', ')}.`);
  });
}

function positive(given: string | undefined, standard: number, option: string): number {
  const value = given === undefined ? standard : Number(given);
  if (Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`${option}: ${JSON.stringify(given)} is no number above 0.`);
}

function whole(given: string | undefined, standard: number, option: string): number {
  const value = positive(given, standard, option);
  if (Number.isSafeInteger(value)) return value;
  throw new UsageError(`${option}: ${JSON.stringify(given)} is no whole number.`);
}

function profiled(folder: string | undefined): readonly string[] {
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(folder)}`];
}
