import type { GroundControlClient } from '@ground-control/nestjs';

import { type Say, sayHistory } from '../example.js';
import { SalesReportWorkflow } from './sales-report.workflow.js';

/** A report over four regions, of which one has no numbers. */
export async function childrenExample(client: GroundControlClient, say: Say): Promise<void> {
  const input = { month: '2026-10', regions: ['north', 'south', 'east', 'atlantis'] };
  const run = await client.start(SalesReportWorkflow, { input });
  const { total, regions, missing } = await run.result();
  say(`${total} cents in ${regions.map(({ region }) => region).join(', ')}.`);
  for (const { workflowId, why } of missing) say(`Missing: ${workflowId} (${why})`);
  await sayHistory(run, say);
}
