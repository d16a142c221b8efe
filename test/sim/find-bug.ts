import type { PlantedBug } from './planted/plant.js';
import { simulate, type Verdict } from './simulation.js';
import type { Workflows } from './workload/application.js';

/** Runs seed after seed with a bug. @returns the first verdict that tells of it, or undefined when none did */
export async function findBug(
  bug: PlantedBug,
  workflows: Workflows,
  seeds: number,
): Promise<Verdict | undefined> {
  for (let seed = 1; seed <= seeds; seed++) {
    // oxlint-disable-next-line no-await-in-loop -- a simulation has the globals of its process
    const verdict = await simulate(seed, { workflows, bug });
    if (verdict.violations.length > 0) return verdict;
  }
  return undefined;
}
