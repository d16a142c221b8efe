import { type GroundControlClient, WorkflowFailedError } from '@ground-control/nestjs';

import { type Say, sayHistory } from '../example.js';
import { TripWorkflow } from './trip.workflow.js';

/** One trip is booked whole; of another everything is undone, because there is no car. */
export async function sagaExample(client: GroundControlClient, say: Say): Promise<void> {
  const oslo = await client.run(TripWorkflow, { input: { traveller: 'ada', to: 'Oslo' } });
  say(`Oslo is booked: ${oslo.references.join(', ')}`);

  const venice = await client.start(TripWorkflow, { input: { traveller: 'ada', to: 'Venice' } });
  try {
    await venice.result();
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    say(`Venice is not: ${error.cause.type}: ${error.cause.message}`);
  }
  await sayHistory(venice, say);
}
