import type { PlantedBug } from './planted/plant.js';
import { simulate, type Verdict } from './simulation.js';
import type { Workflows } from './workload/application.js';

/**
 * Runs seed after seed with a bug.
 *
 * @param first the seed to begin with
 * @returns the first verdict that tells of it, or undefined when none did
 */
export async function findBug(
  bug: PlantedBug,
  workflows: Workflows,
  { first = 1, seeds }: { first?: number; seeds: number },
): Promise<Verdict | undefined> {
  for (let seed = first; seed < first + seeds; seed++) {
    // oxlint-disable-next-line no-await-in-loop -- a simulation has the globals of its process
    const verdict = await simulate(seed, { workflows, bug });
    if (verdict.violations.length > 0) return verdict;
  }
  return undefined;
}
