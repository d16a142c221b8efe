import type { WorkflowHandle } from '@ground-control/client';
import { Command } from 'commander';

import { type CliContext, withClient } from '../cli-context.js';
import { name } from '../parsers.js';

interface RunOptions {
  runId?: string;
}

/**
 * A command about one run, which is given by its workflow id.
 *
 * @param doing said when it takes longer than half a second
 * @param act gets a handle on the run, the arguments after the workflow id, and the options
 */
export function runCommand<Options extends object>(
  context: CliContext,
  command: Command,
  doing: string,
  act: (handle: WorkflowHandle, options: Options, ...rest: (string | undefined)[]) => Promise<void>,
): Command {
  return command
    .option('--run-id <id>', 'one run of the workflow id (default: the latest)', name)
    .action(async () => {
      const [workflowId, ...rest] = command.processedArgs as [string, ...(string | undefined)[]];
      const options = command.opts<Options & RunOptions>();
      await withClient(context, command, `${doing} ${workflowId}`, (client) =>
        act(client.handle(workflowId, options.runId), options, ...rest),
      );
    });
}

/** The beginning of such a command. */
export function aboutRun(verb: string, description: string): Command {
  return new Command(verb).description(description).argument('<workflow-id>', 'the workflow id', name);
}
