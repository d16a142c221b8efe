import type { Command } from 'commander';

import type { CliContext } from '../cli-context.js';
import { addExamples } from '../examples.js';
import { toJson } from '../json.js';
import { duration, name } from '../parsers.js';
import { printable } from '../printable.js';
import { addInputOptions, type InputOptions } from './input-options.js';
import { aboutRun, runCommand } from './run-command.js';

interface UpdateCommandOptions extends InputOptions {
  updateId?: string;
  timeout?: number;
}

/** `gctl workflow send` */
export function sendCommand(context: CliContext): Command {
  const command = aboutRun('send', 'send an event to a run')
    .argument('<event>', 'the name of the event', name)
    .option('--event-id <id>', 'sending twice with the same id sends one event', name);
  addInputOptions(command, 'the payload');
  addExamples(command, `gctl workflow send order-1 approved --input '{"by":"Ann"}'`);
  return runCommand<InputOptions & { eventId?: string }>(
    context,
    command,
    'sending to',
    async (handle, { options: { input, eventId }, argument: event }) => {
      await handle.send(event, input, { eventId });
      context.terminal.show({ sent: event }, `Sent ${printable(event)}.`);
    },
  );
}

/** `gctl workflow query` */
export function queryCommand(context: CliContext): Command {
  const command = aboutRun('query', 'ask a run').argument('<query>', 'the name of the query', name);
  addInputOptions(command, 'the arguments');
  addExamples(command, 'gctl workflow query order-1 status');
  return runCommand<InputOptions>(
    context,
    command,
    'asking',
    async (handle, { options: { input }, argument: query }) => {
      const answer = await handle.query(query, input);
      context.terminal.show(answer, toJson(answer, 2));
    },
  );
}

/** `gctl workflow update` */
export function updateCommand(context: CliContext): Command {
  const command = aboutRun('update', 'ask a run to change, and print its reply')
    .argument('<update>', 'the name of the update', name)
    .option('--update-id <id>', 'asking twice with the same id changes the run once', name)
    .option('--timeout <duration>', 'how long to wait for the answer', duration);
  addInputOptions(command, 'the payload');
  addExamples(command, `gctl workflow update order-1 amend --input '{"qty":3}' --timeout 10s`);
  return runCommand<UpdateCommandOptions>(
    context,
    command,
    'waiting for the reply of',
    async (handle, { options: { input, updateId, timeout }, argument: update }) => {
      const reply = await handle.update(update, input, { updateId, timeout });
      context.terminal.show(reply, toJson(reply, 2));
    },
  );
}
