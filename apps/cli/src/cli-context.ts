import type { GroundControlClient } from '@ground-control/client';
import type { Command } from 'commander';

import type { GlobalOptions, Session } from './session.js';
import type { Terminal } from './terminal.js';

/** What commands work with. */
export interface CliContext {
  terminal: Terminal;
  openSession(options: GlobalOptions): Promise<Session>;
  /** Whether there is a person to ask. */
  interactive: boolean;
}

/**
 * Runs what a command does with a client that is connected, and disconnects it.
 *
 * @param doing said when it takes longer than half a second, as in `reading the history`
 */
export async function withClient(
  context: CliContext,
  command: Command,
  doing: string,
  act: (client: GroundControlClient) => Promise<void>,
): Promise<void> {
  const options = command.optsWithGlobals<GlobalOptions>();
  const { terminal } = context;
  terminal.busy(`connecting to ${options.server}`);
  const session = await context.openSession(options);
  try {
    terminal.busy(doing);
    await act(session.client);
  } finally {
    terminal.busy(undefined);
    await session.close();
  }
}
