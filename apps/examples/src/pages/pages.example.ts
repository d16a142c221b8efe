import type { GroundControlClient } from '@ground-control/nestjs';

import type { Say } from '../example.js';
import { ImportWorkflow } from './import.workflow.js';

/** A catalogue is imported, page by page. */
export async function pagesExample(client: GroundControlClient, say: Say): Promise<void> {
  const run = await client.start(ImportWorkflow);
  const { imported, pages } = await run.result();
  say(`Imported ${imported} products from ${pages} pages.`);
  const steps = (await run.history()).filter(({ kind }) => kind === 'step.completed');
  say(`${run.workflowId} took ${steps.length} steps.`);
}
