import { Command } from 'commander';

import { type CliContext, withClient } from '../cli-context.js';
import { runPages } from '../every-run.js';
import { addExamples } from '../examples.js';
import { eventText, historyText } from '../history-text.js';
import { toJson } from '../json.js';
import { duration, positiveInteger } from '../parsers.js';
import { runsText, runText } from '../run-text.js';
import { addFilterOptions, filterOf, type FilterOptions } from './filter-options.js';
import { aboutRun, runCommand } from './run-command.js';

interface ListCommandOptions extends FilterOptions {
  all?: true;
  limit?: number;
  cursor?: string;
}

/** `gctl workflow list` */
export function listCommand(context: CliContext): Command {
  const { terminal } = context;
  const command = addFilterOptions(new Command('list').description('list runs, newest first'))
    .option('--limit <number>', 'at most so many (default: 100)', positiveInteger)
    .option('--cursor <cursor>', 'where the page before ended')
    .option('--all', 'every page; with --json, one run a line');
  addExamples(
    command,
    'gctl workflow list --type ProcessOrder --status running,waiting --started-after "2h ago"',
    'gctl workflow list --status failed --all --json | jq -r .workflowId',
  );
  return command.action(async ({ all, limit, cursor, ...filter }: ListCommandOptions) =>
    withClient(context, command, 'listing runs', async (client) => {
      if (all) {
        for await (const runs of runPages(client, filterOf(filter))) {
          if (terminal.json) for (const run of runs) terminal.show(run, '');
          else terminal.show(runs, runsText(runs, terminal.styles, Date.now()));
        }
        return;
      }
      const page = await client.list({ ...filterOf(filter), limit, cursor });
      terminal.show(page, runsText(page.runs, terminal.styles, Date.now()));
      if (page.cursor !== undefined) terminal.note(`More with --cursor ${page.cursor}, all with --all`);
    }),
  );
}

/** `gctl workflow describe` */
export function describeCommand(context: CliContext): Command {
  const { terminal } = context;
  const command = aboutRun('describe', 'what a run is and does at the moment');
  addExamples(command, 'gctl workflow describe order-1');
  return runCommand(context, command, 'reading', async (handle) => {
    const run = await handle.describe();
    terminal.show(run, runText(run, terminal.styles, Date.now()));
  });
}

/** `gctl workflow history` */
export function historyCommand(context: CliContext): Command {
  const { terminal } = context;
  const command = aboutRun('history', 'what happened in a run so far');
  addExamples(
    command,
    'gctl workflow history order-1',
    'gctl workflow history order-1 --json > history.json',
  );
  return runCommand(context, command, 'reading the history of', async ({ workflowId, runId }, { client }) => {
    const events = await client.exportHistory(workflowId, runId);
    terminal.show(events, historyText(events, terminal.styles));
  });
}

/** `gctl workflow watch` */
export function watchCommand(context: CliContext): Command {
  const { terminal } = context;
  const command = aboutRun('watch', 'what happened in a run, and what happens, until it has ended');
  addExamples(command, 'gctl workflow watch order-1');
  return runCommand(context, command, 'waiting for', ({ workflowId, runId }, { client }) =>
    client
      .watchExported(workflowId, runId)
      .forEach((event) => terminal.show(event, eventText(event, terminal.styles))),
  );
}

/** `gctl workflow result` */
export function resultCommand(context: CliContext): Command {
  const command = aboutRun('result', 'wait until a run has ended and print its result').option(
    '--timeout <duration>',
    'how long to wait (default: for ever)',
    duration,
  );
  addExamples(command, 'gctl workflow result order-1 --timeout 1m');
  return runCommand<{ timeout?: number }>(
    context,
    command,
    'waiting for the end of',
    async (handle, { options: { timeout } }) => {
      const result = await handle.result({ timeout });
      context.terminal.show(result, toJson(result, 2));
    },
  );
}
