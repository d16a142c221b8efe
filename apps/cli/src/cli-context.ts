import type { GroundControlClient } from '@ground-control/client';
import type { Command } from 'commander';

import type { GlobalOptions, Session } from './session.js';
import type { Terminal } from './terminal.js';

/** What commands work with. */
export interface CliContext {
  terminal: Terminal;
  openSession(options: GlobalOptions): Promise<Session>;
}

/** Runs what a command does with a client that is connected, and disconnects it. */
export async function withClient(
  context: CliContext,
  command: Command,
  act: (client: GroundControlClient) => Promise<void>,
): Promise<void> {
  const session = await context.openSession(command.optsWithGlobals<GlobalOptions>());
  try {
    await act(session.client);
  } finally {
    await session.close();
  }
}
