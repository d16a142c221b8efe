#!/usr/bin/env node
import { runCli } from './program.js';
import { openSession } from './session.js';
import { Terminal } from './terminal.js';

// A reader that has seen enough, as in `gctl workflow watch … | head`, is no failure.
process.stdout.on('error', () => process.exit());

process.exitCode = await runCli(process.argv.slice(2), {
  terminal: new Terminal(process.stdout, process.stderr),
  openSession,
});
