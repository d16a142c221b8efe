import type { GroundControlClient, WorkflowHandle } from '@ground-control/client';
import { Command } from 'commander';

import { type CliContext, withClient } from '../cli-context.js';
import { name } from '../parsers.js';

interface RunOptions {
  runId?: string;
}

/** What such a command was given. */
export interface RunCommandInput<Options> {
  options: Options;
  /** The argument after the workflow id, where the command has one. */
  argument: string;
  client: GroundControlClient;
}

/**
 * A command about one run, which is given by its workflow id.
 *
 * @param doing said when it takes longer than half a second
 */
export function runCommand<Options extends object>(
  context: CliContext,
  command: Command,
  doing: string,
  act: (handle: WorkflowHandle, input: RunCommandInput<Options>) => Promise<void>,
): Command {
  return command
    .option('--run-id <id>', 'one run of the workflow id (default: the latest)', name)
    .action(async () => {
      const [workflowId, argument = ''] = command.processedArgs as [string, string?];
      const options = command.opts<Options & RunOptions>();
      await withClient(context, command, `${doing} ${workflowId}`, (client) =>
        act(client.handle(workflowId, options.runId), { options, argument, client }),
      );
    });
}

/** The beginning of such a command. */
export function aboutRun(verb: string, description: string): Command {
  return new Command(verb).description(description).argument('<workflow-id>', 'the workflow id', name);
}
