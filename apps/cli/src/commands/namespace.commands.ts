import { Command } from 'commander';

import { type CliContext, withClient } from '../cli-context.js';
import { clusterText } from '../cluster-text.js';
import { table } from '../table.js';

/** `gctl worker list` */
export function workerCommand(context: CliContext): Command {
  const list = new Command('list').description('the workers that are live');
  list.action(async () =>
    withClient(context, list, async (client) => {
      const workers = await client.workers();
      const rows = workers.map((worker) => [
        worker.id,
        worker.identity,
        `${worker.running}/${worker.capacity}`,
        worker.lastSeenAt.toISOString(),
        worker.types.join(', '),
      ]);
      const text = table(['ID', 'IDENTITY', 'RUNNING', 'LAST SEEN', 'TYPES'], rows);
      context.terminal.show(workers, workers.length === 0 ? 'No workers.' : text);
    }),
  );
  return new Command('worker').description('the workers of the namespace').addCommand(list);
}

/** `gctl type list` */
export function typeCommand(context: CliContext): Command {
  const list = new Command('list').description('the workflow types that workers registered');
  list.action(async () =>
    withClient(context, list, async (client) => {
      const types = await client.workflowTypes();
      const rows = types.map((type) =>
        [[type.type], type.steps, type.events, type.updates, type.queries].map((names) => names.join(', ')),
      );
      const text = table(['TYPE', 'STEPS', 'EVENTS', 'UPDATES', 'QUERIES'], rows);
      context.terminal.show(types, types.length === 0 ? 'No workflow types.' : text);
    }),
  );
  return new Command('type').description('the workflow types of the namespace').addCommand(list);
}

/** `gctl cluster status` */
export function clusterCommand(context: CliContext): Command {
  const status = new Command('status').description('the coordinators, the partitions and who leads them');
  status.action(async () =>
    withClient(context, status, async (client) => {
      const cluster = await client.cluster();
      context.terminal.show(cluster, clusterText(cluster, Date.now()));
    }),
  );
  return new Command('cluster').description('the coordinators of the namespace').addCommand(status);
}
