import { Command } from 'commander';

import type { CliContext } from '../cli-context.js';
import { addExamples } from '../examples.js';
import type { GlobalOptions } from '../session.js';

/** How long a question of the screen waits for its answer, in milliseconds: it is asked again anyway. */
const PATIENCE_MS = 3_000;

/** `gctl ui` */
export function uiCommand(context: CliContext): Command {
  const command = new Command('ui').description(
    'the full-screen view: runs, a run with its timeline, workers, the cluster',
  );
  addExamples(command, 'gctl ui --namespace orders');
  return command.action(async () => {
    const options = command.optsWithGlobals<GlobalOptions>();
    const { terminal, interactive, openSession } = context;
    if (!interactive)
      command.error('error: gctl ui needs a terminal; gctl workflow list prints what it shows');
    terminal.busy(`connecting to ${options.server}`);
    const session = await openSession({
      ...options,
      requestTimeout: Math.min(options.requestTimeout, PATIENCE_MS),
      silent: true,
    });
    terminal.busy(undefined);
    try {
      prepareEnvironment();
      // Loaded here alone: the other commands need not wait for it.
      const { startUi } = await import('../ui/start-ui.js');
      await startUi(session.client, `${options.namespace} · ${options.server.replaceAll('nats://', '')}`);
    } finally {
      await session.close();
    }
  });
}

/** What Ink and React read when they are loaded. */
function prepareEnvironment(): void {
  process.env['NODE_ENV'] ??= 'production';
  if (process.env['NO_COLOR']) process.env['FORCE_COLOR'] = '0';
  // Where these are set Ink takes the terminal for that of a build: it draws the last screen alone, without colours.
  delete process.env['CI'];
  delete process.env['CONTINUOUS_INTEGRATION'];
}
