import type { Attributes, ConflictPolicy, ReusePolicy } from '@ground-control/protocol';
import { Command, Option } from 'commander';

import { type CliContext, withClient } from '../cli-context.js';
import { attribute, duration, name } from '../parsers.js';
import { fields } from '../table.js';
import { addInputOptions, inputOf, type InputOptions } from './input-options.js';

interface StartCommandOptions extends InputOptions {
  id?: string;
  timeout?: number;
  delay?: number;
  onConflict?: ConflictPolicy;
  reuse?: ReusePolicy;
  attribute?: Attributes;
}

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
    .option('--attribute <name=value>', 'a label to find the run by; may be repeated', attribute);
  addInputOptions(command, 'the input');
  return command.action(async (type: string, options: StartCommandOptions) =>
    withClient(context, command, async (client) => {
      const { workflowId, runId } = await client.start(type, {
        id: options.id,
        input: inputOf(options),
        timeout: options.timeout,
        delay: options.delay,
        onConflict: options.onConflict,
        reuse: options.reuse,
        attributes: options.attribute,
      });
      const text = fields([
        ['workflow id', workflowId],
        ['run id', runId],
      ]);
      context.terminal.show({ workflowId, runId }, text);
    }),
  );
}
