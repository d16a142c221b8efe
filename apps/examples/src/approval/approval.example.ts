import type { GroundControlClient } from '@ground-control/nestjs';

import { type Say, sayHistory } from '../example.js';
import { ExpenseWorkflow } from './expense.workflow.js';

/** One expense is approved; for another the time runs out. */
export async function approvalExample(client: GroundControlClient, say: Say): Promise<void> {
  const expense = { employee: 'ada', purpose: 'a train ticket', amount: 4_200 };
  const train = await client.start(ExpenseWorkflow, { input: expense });
  say(`The expense is ${await train.query<string>('status')}.`);
  await train.send('approved', { by: 'grace' });
  say(`Decided: ${JSON.stringify(await train.result())}`);

  const late = { ...expense, purpose: 'a taxi', decideWithin: '1s' as const };
  const taxi = await client.start(ExpenseWorkflow, { input: late });
  say(`Nobody decides on the other one: ${JSON.stringify(await taxi.result())}`);
  await sayHistory(taxi, say);
}
