import type { GroundControlClient, StartedWorkflow } from '@ground-control/client';
import type { Attributes, ConflictPolicy, ReusePolicy } from '@ground-control/protocol';
import { Command, Option } from 'commander';

import { type CliContext, withClient } from '../cli-context.js';
import { addExamples } from '../examples.js';
import { toJson } from '../json.js';
import { attribute, duration, name } from '../parsers.js';
import { printable } from '../printable.js';
import { fields } from '../table.js';
import { addInputOptions, type InputOptions } from './input-options.js';

interface StartCommandOptions extends InputOptions {
  id?: string;
  timeout?: number;
  delay?: number;
  onConflict?: ConflictPolicy;
  reuse?: ReusePolicy;
  attribute?: Attributes;
  wait?: true;
  waitTimeout?: number;
}

/** `gctl workflow start` */
export function startCommand(context: CliContext): Command {
  const command = new Command('start')
    .description('start a run')
    .argument('<type>', 'the workflow type', name)
    .option('--id <id>', 'the workflow id (default: a new ULID)', name)
    .option('--timeout <duration>', 'the time that the run may take, such as 30s', duration)
    .option('--delay <duration>', 'how long to wait before the first step', duration)
    .addOption(
      new Option('--on-conflict <policy>', 'when a run of the id is active').choices([
        'fail',
        'useExisting',
        'terminateExisting',
      ]),
    )
    .addOption(
      new Option('--reuse <policy>', 'when the last run of the id has ended').choices([
        'allow',
        'allowIfFailed',
        'reject',
      ]),
    )
    .option('--attribute <name=value>', 'a label to find the run by; may be repeated', attribute)
    .option('--wait', 'wait until the run has ended, and print its result')
    .addOption(
      new Option('--wait-timeout <duration>', 'as --wait, for so long at most')
        .argParser(duration)
        .implies({ wait: true }),
    );
  addInputOptions(command, 'the input');
  addExamples(
    command,
    `gctl workflow start ProcessOrder --id order-1 --input '{"orderId":"order-1","amount":5}'`,
    'cat order.json | gctl workflow start ProcessOrder --input - --wait',
  );
  return command.action(async (type: string, options: StartCommandOptions) =>
    withClient(context, command, `starting ${type}`, async (client) => {
      const handle = await start(client, type, options);
      if (options.wait) await showResult(context, handle, options.waitTimeout);
      else showStarted(context, handle);
    }),
  );
}

function start(
  client: GroundControlClient,
  type: string,
  options: StartCommandOptions,
): Promise<StartedWorkflow> {
  const { id, input, timeout, delay, onConflict, reuse, attribute: attributes } = options;
  return client.start(type, { id, input, timeout, delay, onConflict, reuse, attributes });
}

function showStarted({ terminal }: CliContext, { workflowId, runId }: StartedWorkflow): void {
  const text = fields([
    ['workflow id', printable(workflowId)],
    ['run id', runId],
  ]);
  terminal.show({ workflowId, runId }, text);
}

/** The run goes on when the waiting ends: how to come back to it is said first. */
async function showResult(
  { terminal }: CliContext,
  handle: StartedWorkflow,
  timeout: number | undefined,
): Promise<void> {
  const { workflowId, runId } = handle;
  terminal.note(`Started ${printable(workflowId)}, run ${runId}. Ctrl-C ends the waiting, not the run.`);
  terminal.busy(`waiting for the end of ${printable(workflowId)}`);
  const result = await handle.result({ timeout });
  terminal.show({ workflowId, runId, result }, toJson(result, 2));
}
