import { Command } from 'commander';

import { type CliContext, withClient } from '../cli-context.js';
import { clusterText } from '../cluster-text.js';
import { addExamples } from '../examples.js';
import { printable } from '../printable.js';
import { headed } from '../run-text.js';
import { table } from '../table.js';
import { relativeText } from '../time-text.js';
import { verifyCommand } from './cluster-verify.command.js';

/** `gctl worker list` */
export function workerCommand(context: CliContext): Command {
  const { terminal } = context;
  const list = new Command('list').description('the workers that are live');
  addExamples(list, 'gctl worker list');
  list.action(async () =>
    withClient(context, list, 'listing workers', async (client) => {
      const workers = await client.workers();
      const rows = workers.map((worker) => [
        worker.id,
        printable(worker.identity),
        `${worker.running}/${worker.capacity}`,
        relativeText(worker.lastSeenAt, Date.now()),
        worker.types.map(printable).join(', '),
      ]);
      const text = table(headed(terminal.styles, 'ID', 'IDENTITY', 'RUNNING', 'LAST SEEN', 'TYPES'), rows);
      terminal.show(workers, workers.length === 0 ? 'No workers.' : text);
    }),
  );
  return new Command('worker').description('the workers of the namespace').addCommand(list);
}

/** `gctl type list` */
export function typeCommand(context: CliContext): Command {
  const { terminal } = context;
  const list = new Command('list').description('the workflow types that workers registered');
  addExamples(list, 'gctl type list');
  list.action(async () =>
    withClient(context, list, 'listing workflow types', async (client) => {
      const types = await client.workflowTypes();
      const rows = types.map((type) =>
        [[type.type], type.steps, type.events, type.updates, type.queries].map((names) =>
          names.map(printable).join(', '),
        ),
      );
      const text = table(headed(terminal.styles, 'TYPE', 'STEPS', 'EVENTS', 'UPDATES', 'QUERIES'), rows);
      terminal.show(types, types.length === 0 ? 'No workflow types.' : text);
    }),
  );
  return new Command('type').description('the workflow types of the namespace').addCommand(list);
}

/** `gctl cluster status` */
export function clusterCommand(context: CliContext): Command {
  const { terminal } = context;
  const status = new Command('status').description('the coordinators, the partitions and who leads them');
  addExamples(status, 'gctl cluster status');
  status.action(async () =>
    withClient(context, status, 'asking the leader of every partition', async (client) => {
      const cluster = await client.cluster();
      terminal.show(cluster, clusterText(cluster, terminal.styles, Date.now()));
    }),
  );
  return new Command('cluster')
    .description('the coordinators of the namespace, and what it holds')
    .addCommand(status)
    .addCommand(verifyCommand(context));
}
