import type { Command } from 'commander';

import type { CliContext } from '../cli-context.js';
import { toJson } from '../json.js';
import { duration, name } from '../parsers.js';
import { addInputOptions, inputOf, type InputOptions } from './input-options.js';
import { aboutRun, runCommand } from './run-command.js';

interface UpdateCommandOptions extends InputOptions {
  updateId?: string;
  timeout?: number;
}

export function sendCommand(context: CliContext): Command {
  const command = aboutRun('send', 'send an event to a run')
    .argument('<event>', 'the name of the event', name)
    .option('--event-id <id>', 'sending twice with the same id sends one event', name);
  addInputOptions(command, 'the payload');
  return runCommand<InputOptions & { eventId?: string }>(
    context,
    command,
    async (handle, options, event = '') => {
      await handle.send(event, inputOf(options), { eventId: options.eventId });
      context.terminal.show({ sent: event }, `Sent ${event}.`);
    },
  );
}

export function queryCommand(context: CliContext): Command {
  const command = aboutRun('query', 'ask a run').argument('<query>', 'the name of the query', name);
  addInputOptions(command, 'the arguments');
  return runCommand<InputOptions>(context, command, async (handle, options, query = '') => {
    const answer = await handle.query(query, inputOf(options));
    context.terminal.show(answer, toJson(answer, 2));
  });
}

export function updateCommand(context: CliContext): Command {
  const command = aboutRun('update', 'ask a run to change')
    .argument('<update>', 'the name of the update', name)
    .option('--update-id <id>', 'asking twice with the same id changes the run once', name)
    .option('--timeout <duration>', 'how long to wait for the answer', duration);
  addInputOptions(command, 'the payload');
  return runCommand<UpdateCommandOptions>(context, command, async (handle, options, update = '') => {
    const { updateId, timeout } = options;
    const reply = await handle.update(update, inputOf(options), { updateId, timeout });
    context.terminal.show(reply, toJson(reply, 2));
  });
}

export function cancelCommand(context: CliContext): Command {
  const command = aboutRun('cancel', 'ask a run to end').option('--reason <text>', 'why');
  return runCommand<{ reason?: string }>(context, command, async (handle, { reason }) => {
    await handle.cancel(reason);
    context.terminal.show({ cancelRequested: true }, `Asked ${handle.workflowId} to end.`);
  });
}

export function terminateCommand(context: CliContext): Command {
  const command = aboutRun('terminate', 'end a run at once').option('--reason <text>', 'why');
  return runCommand<{ reason?: string }>(context, command, async (handle, { reason }) => {
    await handle.terminate(reason);
    context.terminal.show({ terminated: true }, `Terminated ${handle.workflowId}.`);
  });
}
