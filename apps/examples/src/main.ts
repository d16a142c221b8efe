import 'reflect-metadata';
import { GroundControlClient } from '@ground-control/nestjs';
import { NestFactory } from '@nestjs/core';

import { agentExample } from './agent/agent.example.js';
import { AppModule } from './app.module.js';
import { approvalExample } from './approval/approval.example.js';
import { childrenExample } from './children/children.example.js';
import type { Example } from './example.js';
import { pagesExample } from './pages/pages.example.js';
import { sagaExample } from './saga/saga.example.js';

// `node dist/apps/examples/src/main.js <example>`: this process serves the workflows of all the examples, goes through
// one of them, and ends.

const EXAMPLES: ReadonlyMap<string, Example> = new Map([
  ['approval', approvalExample],
  ['saga', sagaExample],
  ['pages', pagesExample],
  ['children', childrenExample],
  ['agent', agentExample],
]);
const WRONG_USAGE = 2;

const example = EXAMPLES.get(process.argv[2] ?? '');
if (example) await run(example);
else {
  console.error(`Which example? One of: ${[...EXAMPLES.keys()].join(', ')}`);
  process.exitCode = WRONG_USAGE;
}

async function run(chosen: Example): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
  // From here on the stand-ins say what they do.
  app.useLogger(['log', 'warn', 'error']);
  try {
    await chosen(app.get(GroundControlClient), (line) => console.log(line));
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    await app.close();
  }
}
