import { Command } from 'commander';

import type { CliContext } from '../cli-context.js';
import { queryCommand, sendCommand, updateCommand } from './workflow-ask.commands.js';
import { cancelCommand, terminateCommand } from './workflow-end.commands.js';
import {
  describeCommand,
  historyCommand,
  listCommand,
  resultCommand,
  watchCommand,
} from './workflow-read.commands.js';
import { replayCommand } from './workflow-replay.command.js';
import { startCommand } from './workflow-start.command.js';

/** `gctl workflow …` */
export function workflowCommand(context: CliContext): Command {
  const command = new Command('workflow').description('start workflows and reach their runs');
  const commands = [
    startCommand,
    listCommand,
    describeCommand,
    historyCommand,
    watchCommand,
    resultCommand,
    sendCommand,
    queryCommand,
    updateCommand,
    cancelCommand,
    terminateCommand,
    replayCommand,
  ];
  for (const make of commands) command.addCommand(make(context));
  return command;
}
