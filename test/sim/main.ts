/*
 * npm run sim -- [--seeds N] [--first N] [--jobs N] [--seed N [--trace]] [--bug NAME] [--bugs]
 *
 * Runs simulations and says of each broken rule by which seed it is had again. `--bug` plants a bug in the code under
 * test; `--bugs` plants each that there is, one after the other, and says how many seeds it took to find it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import { findBug } from './find-bug.js';
import { PLANTED_BUGS } from './planted/index.js';
import type { PlantedBug } from './planted/plant.js';
import { simulate, type Verdict } from './simulation.js';
import { exploreWorkload } from './workload/application.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    first: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    bug: { type: 'string' },
    bugs: { type: 'boolean', default: false },
    share: { type: 'string' },
  },
});

Logger.overrideLogger(false);
const bug = bugNamed(values.bug);
if (values.bugs) await findBugs();
else if (values.seed !== undefined) await runOne(Number(values.seed));
else if (values.share !== undefined) await runShare(values.share);
else await runAll();

async function runOne(seed: number): Promise<void> {
  const workflows = await exploreWorkload();
  const onTrace = values.trace ? (line: string): void => console.log(line) : undefined;
  const verdict = await simulate(seed, { workflows, bug, onTrace });
  console.log(inWords(verdict));
  process.exit(verdict.violations.length > 0 ? 1 : 0);
}

/** Runs every n-th seed, and tells the parent of each. */
async function runShare(share: string): Promise<void> {
  const [first = 0, last = 0, step = 1] = share.split(':').map(Number);
  const workflows = await exploreWorkload();
  for (let seed = first; seed <= last; seed += step) {
    // oxlint-disable-next-line no-await-in-loop -- a simulation has the globals of its process
    process.send?.(await simulate(seed, { workflows, bug }));
  }
  process.disconnect();
}

function bugNamed(name: string | undefined): PlantedBug | undefined {
  if (name === undefined) return undefined;
  const found = PLANTED_BUGS.find((planted) => planted.name === name);
  if (found) return found;
  console.error(
    `There is no bug ${name}. There are: ${PLANTED_BUGS.map((planted) => planted.name).join(', ')}`,
  );
  return process.exit(2);
}

async function findBugs(): Promise<void> {
  const workflows = await exploreWorkload();
  let isComplete = true;
  for (const planted of PLANTED_BUGS) {
    // oxlint-disable-next-line no-await-in-loop -- a simulation has the globals of its process
    const verdict = await findBug(planted, workflows, { seeds: Number(values.seeds) });
    isComplete &&= verdict !== undefined;
    const found = verdict ? `seed ${verdict.seed}: ${verdict.violations[0]}` : 'NOT FOUND';
    console.log(`${planted.name}: ${found.slice(0, 200)}`);
  }
  process.exit(isComplete ? 0 : 1);
}

async function runAll(): Promise<void> {
  const [first, count, jobs] = [Number(values.first), Number(values.seeds), Number(values.jobs)];
  const last = first + count - 1;
  const verdicts: Verdict[] = [];
  const began = performance.now();
  const children = Array.from({ length: jobs }, (_, job) =>
    fork(
      new URL(import.meta.url),
      ['--share', `${first + job}:${last}:${jobs}`, ...(values.bug ? ['--bug', values.bug] : [])],
      {
        execArgv: ['--enable-source-maps'],
      },
    ),
  );
  for (const child of children) follow(child, verdicts, count);
  const codes = await Promise.all(children.map((child) => once(child, 'exit')));
  const died = codes.some(([code]) => code !== 0);
  process.exit(
    summarise(verdicts, (performance.now() - began) / 1_000) && !died && verdicts.length === count ? 0 : 1,
  );
}

function follow(child: ChildProcess, verdicts: Verdict[], count: number): void {
  child.on('message', (message) => {
    const verdict = message as Verdict;
    verdicts.push(verdict);
    if (verdict.violations.length > 0) console.log(inWords(verdict));
    if (verdicts.length % 50 === 0) console.log(`${verdicts.length} of ${count} seeds`);
  });
}

function summarise(verdicts: Verdict[], seconds: number): boolean {
  const sum = (valueOf: (verdict: Verdict) => number): number =>
    verdicts.reduce((total, verdict) => total + valueOf(verdict), 0);
  const failed = verdicts.filter(({ violations }) => violations.length > 0);
  const hours = sum(({ workflowHours }) => workflowHours);
  console.log(
    `${verdicts.length} seeds in ${seconds.toFixed(1)} s: ${sum(({ runs }) => runs)} runs, ` +
      `${hours.toFixed(0)} workflow-hours (${((hours / seconds) * 60).toFixed(0)} a minute), ` +
      `${sum(({ simulatedHours }) => simulatedHours).toFixed(0)} hours simulated, ${sum(({ events }) => events)} events.`,
  );
  console.log(failed.length === 0 ? 'No rule was broken.' : `FAILED: ${failed.length} seeds broke a rule.`);
  return failed.length === 0;
}

function inWords({ seed, violations, digest, events, runs }: Verdict): string {
  const head = `seed ${seed}: ${runs} runs, ${events} events, digest ${digest.toString(16)}`;
  if (violations.length === 0) return `${head}: no rule was broken`;
  const shown = violations.slice(0, 10).map((violation) => `\n  ${violation}`);
  return `${head}: ${violations.length} broken${shown.join('')}\n  again: npm run sim -- --seed ${seed} --trace`;
}
