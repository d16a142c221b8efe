import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it } from 'vitest';
import { findBug } from './find-bug.js';
import { PLANTED_BUGS } from './planted/index.js';
import { simulate } from './simulation.js';
import { exploreWorkload, type Workflows } from './workload/application.js';

/** How long a simulation with all its seeds may take here, in milliseconds. */
const TIMEOUT_MS = 300_000;
/**
 * How many seeds at most it takes to find a planted bug, from one that is known to find it: after a change of the code
 * a seed means another course of events, and the search goes on. `npm run sim -- --bugs` searches from the first seed.
 */
const SEEDS_TO_FIND = 40;
/** How many seeds are run without a bug; `npm run sim -- --seeds N` runs more. */
const CLEAN_SEEDS = 8;

let workflows: Workflows;
beforeAll(async () => {
  Logger.overrideLogger(false);
  workflows = await exploreWorkload();
});

describe('a seed', () => {
  it('replays exactly, whatever ran before it', { timeout: TIMEOUT_MS }, async () => {
    const lines: string[][] = [[], []];
    const first = await simulate(4, { workflows, onTrace: (line) => lines[0]?.push(line) });
    const other = await simulate(12, { workflows });
    const second = await simulate(4, { workflows, onTrace: (line) => lines[1]?.push(line) });
    expect(lines[0]?.length).toBeGreaterThan(1_000);
    expect(lines[1]).toEqual(lines[0]);
    expect(second).toEqual(first);
    expect(other.digest).not.toBe(first.digest);
  });
});

describe('without a planted bug', () => {
  it('no seed breaks a rule', { timeout: TIMEOUT_MS }, async () => {
    for (let seed = 1; seed <= CLEAN_SEEDS; seed++) {
      const { violations } = await simulate(seed, { workflows });
      expect(violations, `seed ${seed}: npm run sim -- --seed ${seed} --trace`).toEqual([]);
    }
  });
});

describe('a planted bug is found', () => {
  it.each(PLANTED_BUGS)('$name', { timeout: TIMEOUT_MS }, async (bug) => {
    expect(await findBug(bug, workflows, { first: bug.foundAt, seeds: SEEDS_TO_FIND })).toBeDefined();
  });
});
