import type { WorkflowHandle } from '@ground-control/client';
import { Command } from 'commander';

import { endRuns, type RunToEnd } from '../bulk.js';
import { type CliContext, withClient } from '../cli-context.js';
import { runPages } from '../every-run.js';
import { addExamples } from '../examples.js';
import { name } from '../parsers.js';
import { printable } from '../printable.js';
import { runsText } from '../run-text.js';
import { ACTIVE_STATUSES } from '../statuses.js';
import { addFilterOptions, filterOf, type FilterOptions, hasFilter } from './filter-options.js';

interface EndOptions extends FilterOptions {
  reason?: string;
  runId?: string;
  yes?: true;
  dryRun?: true;
}

/** A way to end runs: what it is called, what it does to one, and what is said of that. */
interface Ending {
  verb: 'cancel' | 'terminate';
  description: string;
  end(handle: WorkflowHandle, reason: string | undefined): Promise<void>;
  done: Record<string, true>;
  said(workflowId: string): string;
  counted: string;
}

const CANCEL: Ending = {
  verb: 'cancel',
  description: 'ask a run to end, or all runs that meet the conditions',
  end: (handle, reason) => handle.cancel(reason),
  done: { cancelRequested: true },
  said: (workflowId) => `Asked ${workflowId} to end.`,
  counted: 'asked to end',
};

const TERMINATE: Ending = {
  verb: 'terminate',
  description: 'end a run at once, or all runs that meet the conditions',
  end: (handle, reason) => handle.terminate(reason),
  done: { terminated: true },
  said: (workflowId) => `Terminated ${workflowId}.`,
  counted: 'terminated',
};

/** How many of the runs are shown before the question. */
const SHOWN = 5;

export function cancelCommand(context: CliContext): Command {
  return endCommand(context, CANCEL);
}

export function terminateCommand(context: CliContext): Command {
  return endCommand(context, TERMINATE);
}

function endCommand(context: CliContext, ending: Ending): Command {
  const { verb, description } = ending;
  const command = new Command(verb)
    .description(description)
    .argument('[workflow-id]', 'the workflow id of one run', name)
    .option('--run-id <id>', 'one run of the workflow id (default: the latest)', name)
    .option('--reason <text>', 'why');
  addFilterOptions(command)
    .option('--yes', 'do not ask, with conditions in place of a workflow id')
    .option('--dry-run', 'only say which runs would be meant');
  addExamples(
    command,
    `gctl workflow ${verb} order-1 --reason 'card was stolen'`,
    `gctl workflow ${verb} --type ProcessOrder --status waiting --older-than 7d`,
  );
  return command.action(async (workflowId: string | undefined, options: EndOptions) => {
    refuseWrongUsage(command, context, workflowId, options);
    if (workflowId === undefined) return endMany(context, command, ending, options);
    return withClient(context, command, `asking for ${workflowId} to end`, async (client) => {
      await ending.end(client.handle(workflowId, options.runId), options.reason);
      context.terminal.show(ending.done, ending.said(printable(workflowId)));
    });
  });
}

/** One run by its id, or many by conditions: never both, and never all for want of either. */
function refuseWrongUsage(
  command: Command,
  { interactive, terminal }: CliContext,
  workflowId: string | undefined,
  options: EndOptions,
): void {
  const many = hasFilter(options);
  if (workflowId === undefined && !many)
    command.error('error: give a workflow id, or conditions such as --type and --older-than');
  if (workflowId !== undefined && many) command.error('error: give a workflow id or conditions, not both');
  if (workflowId === undefined && options.runId !== undefined)
    command.error('error: --run-id names a run of one workflow id');
  const asks = many && !options.yes && !options.dryRun;
  if (asks && (terminal.json || !interactive))
    command.error('error: there is nobody to confirm it: give --yes, or look first with --dry-run');
}

async function endMany(
  context: CliContext,
  command: Command,
  ending: Ending,
  options: EndOptions,
): Promise<void> {
  const { terminal } = context;
  await withClient(context, command, 'counting runs', async (client) => {
    const filter = filterOf({ status: [...ACTIVE_STATUSES], ...options });
    const found: RunToEnd[] = [];
    for await (const runs of runPages(client, filter)) {
      if (found.length < SHOWN && !terminal.json && !options.dryRun)
        terminal.note(runsText(runs.slice(0, SHOWN - found.length), terminal.styles, Date.now()));
      if (options.dryRun && !terminal.json) terminal.show(runs, runsText(runs, terminal.styles, Date.now()));
      for (const run of runs) {
        if (options.dryRun && terminal.json) terminal.show(run, '');
        found.push({ workflowId: run.workflowId, runId: run.id });
      }
      terminal.busy(`counting runs: ${found.length}`);
    }
    if (options.dryRun) return terminal.note(`${found.length} runs would be ${ending.counted}.`);
    if (found.length === 0) return terminal.note('No active run meets the conditions.');
    if (found.length > SHOWN) terminal.note(`… and ${found.length - SHOWN} more`);
    const question = `${capitalized(ending.verb)} ${found.length} ${found.length === 1 ? 'run' : 'runs'}?`;
    if (!options.yes && !(await terminal.confirm(question))) throw new Error('Nothing was done.');
    await endRuns(found, {
      terminal,
      end: ({ workflowId, runId }) => ending.end(client.handle(workflowId, runId), options.reason),
      done: ending.done,
      counted: ending.counted,
    });
  });
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
