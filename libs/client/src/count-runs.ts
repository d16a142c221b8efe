import type { RunCount } from '@ground-control/protocol';

import type { CoordinatorLink } from './coordinator-link.js';

/** How many runs there are of each type in each status, of all partitions together; the largest count first. */
export async function countRuns(link: CoordinatorLink): Promise<RunCount[]> {
  const answers = await link.askEach(() => ({ kind: 'workflow.count' }) as const);
  const totals = new Map<string, RunCount>();
  for (const { workflowType, status, count } of answers.flatMap(({ counts }) => counts)) {
    const key = `${status} ${workflowType}`;
    const total = totals.get(key) ?? { workflowType, status, count: 0 };
    totals.set(key, { ...total, count: total.count + count });
  }
  return [...totals.values()].toSorted((one, other) => other.count - one.count);
}
