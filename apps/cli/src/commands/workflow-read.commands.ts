import type { Attributes, RunStatus } from '@ground-control/protocol';
import { Command, Option } from 'commander';

import { type CliContext, withClient } from '../cli-context.js';
import { eventText, historyText } from '../history-text.js';
import { toJson } from '../json.js';
import { attribute, date, duration, positiveInteger } from '../parsers.js';
import { runsText, runText } from '../run-text.js';
import { aboutRun, runCommand } from './run-command.js';

const STATUSES: RunStatus[] = [
  'scheduled',
  'running',
  'waiting',
  'completed',
  'failed',
  'cancelled',
  'terminated',
  'timed_out',
];

interface ListCommandOptions {
  type?: string;
  status?: RunStatus;
  idPrefix?: string;
  startedAfter?: Date;
  startedBefore?: Date;
  attribute?: Attributes;
  limit?: number;
  cursor?: string;
}

export function listCommand(context: CliContext): Command {
  const command = new Command('list')
    .description('list runs, newest first')
    .option('--type <type>', 'of this workflow type')
    .addOption(new Option('--status <status>', 'in this state').choices(STATUSES))
    .option('--id-prefix <text>', 'whose workflow id begins with this')
    .option('--started-after <time>', 'started after this time', date)
    .option('--started-before <time>', 'started before this time', date)
    .option('--attribute <name=value>', 'with this attribute; may be repeated', attribute)
    .option('--limit <number>', 'at most so many (default: 100)', positiveInteger)
    .option('--cursor <cursor>', 'where the page before ended');
  return command.action(async ({ attribute: attributes, ...options }: ListCommandOptions) =>
    withClient(context, command, async (client) => {
      const page = await client.list({ ...options, attributes });
      context.terminal.show(page, runsText(page.runs));
      if (page.cursor !== undefined) context.terminal.note(`More with --cursor ${page.cursor}`);
    }),
  );
}

export function describeCommand(context: CliContext): Command {
  return runCommand(context, aboutRun('describe', 'what a run is and does at the moment'), async (handle) => {
    const run = await handle.describe();
    context.terminal.show(run, runText(run));
  });
}

export function historyCommand(context: CliContext): Command {
  return runCommand(context, aboutRun('history', 'what happened in a run so far'), async (handle) => {
    const events = await handle.history();
    context.terminal.show(events, historyText(events));
  });
}

export function watchCommand(context: CliContext): Command {
  const command = aboutRun('watch', 'what happened in a run, and what happens, until it has ended');
  return runCommand(context, command, (handle) =>
    handle.watch().forEach((event) => context.terminal.show(event, eventText(event))),
  );
}

export function resultCommand(context: CliContext): Command {
  const command = aboutRun('result', 'wait until a run has ended and print its result').option(
    '--timeout <duration>',
    'how long to wait (default: for ever)',
    duration,
  );
  return runCommand<{ timeout?: number }>(context, command, async (handle, { timeout }) => {
    const result = await handle.result({ timeout });
    context.terminal.show(result, toJson(result, 2));
  });
}
