import type { GroundControlClient } from '@ground-control/nestjs';
import { filter, firstValueFrom } from 'rxjs';

import { type Say, sayHistory } from '../example.js';
import { AgentWorkflow } from './agent.workflow.js';
import type { Message } from './model.js';

/** A dinner is planned; the model asks which evening, and is told. */
export async function agentExample(client: GroundControlClient, say: Say): Promise<void> {
  const run = await client.start(AgentWorkflow, { input: { request: 'Find us a table at Mar in Lisbon.' } });
  await firstValueFrom(run.watch().pipe(filter(({ kind }) => kind === 'wait.started')));
  await run.send('answered', 'Friday');
  await run.result();
  for (const message of await run.query<Message[]>('conversation')) say(lineOf(message));
  await sayHistory(run, say);
}

function lineOf(message: Message): string {
  if (message.role !== 'assistant') return `${message.role.padEnd(9)}  ${message.text}`;
  const { turn } = message;
  const text = turn.kind === 'tools' ? turn.calls.map(({ tool }) => `uses ${tool}`).join(', ') : turn.text;
  return `${message.role}  ${text}`;
}
