#!/usr/bin/env node
import { runCli } from './program.js';
import { openSession } from './session.js';
import { Terminal } from './terminal.js';

// A reader that has seen enough, as in `gctl workflow watch … | head`, is no failure.
process.stdout.on('error', () => process.exit());

const terminal = new Terminal(process.stdout, process.stderr);
terminal.clearWhenInterrupted();

process.exitCode = await runCli(process.argv.slice(2), {
  terminal,
  openSession,
  interactive: process.stdin.isTTY && process.stderr.isTTY,
});
