import { Command, CommanderError, Option } from 'commander';

import type { CliContext } from './cli-context.js';
import { completeCommand, completionCommand } from './commands/completion.commands.js';
import { coordinatorCommand } from './commands/coordinator.command.js';
import { devCommand } from './commands/dev.command.js';
import { clusterCommand, typeCommand, workerCommand } from './commands/namespace.commands.js';
import { uiCommand } from './commands/ui.command.js';
import { workflowCommand } from './commands/workflow.command.js';
import { addExamples } from './examples.js';
import { EXIT, type ExitCode, exitCodeOf } from './exit-code.js';
import { duration, namespace } from './parsers.js';
import { packageVersion } from './version.js';

const DEFAULT_SERVER = 'nats://127.0.0.1:4222';
const DEFAULT_REQUEST_TIMEOUT_MS = 5_000;

const COMMANDS = [
  devCommand,
  coordinatorCommand,
  workflowCommand,
  workerCommand,
  typeCommand,
  clusterCommand,
  uiCommand,
  completionCommand,
];

/** Carries out a command line; resolves with the exit code. */
export async function runCli(args: readonly string[], context: CliContext): Promise<ExitCode> {
  const program = createProgram(context);
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    // The parser has told of its own errors already.
    if (!(error instanceof CommanderError)) context.terminal.fail(error);
    return exitCodeOf(error);
  }
}

/** All commands, and what they say of themselves. */
export function createProgram(context: CliContext): Command {
  const { terminal } = context;
  const program = new Command('gctl')
    .description('Ground Control: durable workflows for NestJS on NATS')
    .addOption(
      new Option('--server <url>', 'the NATS server; several are separated by commas')
        .env('GROUND_CONTROL_SERVERS')
        .default(DEFAULT_SERVER),
    )
    .addOption(
      new Option('--namespace <name>', 'the namespace')
        .env('GROUND_CONTROL_NAMESPACE')
        .argParser(namespace)
        .default('default'),
    )
    .addOption(
      new Option('--request-timeout <duration>', 'how long to wait for a coordinator')
        .argParser(duration)
        .default(DEFAULT_REQUEST_TIMEOUT_MS, '5s'),
    )
    .option('--json', 'print JSON: one value, or one object a line for streams')
    .version(packageVersion(), '--version', 'print the version')
    .hook('preAction', () => void (terminal.json = program.opts<{ json?: true }>().json ?? false));
  addExamples(program, 'gctl dev', 'gctl workflow list --status failed');
  for (const make of COMMANDS) program.addCommand(make(context));
  program.addCommand(completeCommand(context), { hidden: true });
  for (const command of withSubcommands(program)) prepare(command, context);
  return program;
}

/** A command and all that are under it. */
export function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** Makes the parser throw and write where we say; a command does not inherit that from the one it was added to. */
function prepare(command: Command, { terminal }: CliContext): void {
  command.exitOverride().showHelpAfterError('(--help tells more)');
  command.configureHelp({ showGlobalOptions: command.parent !== null });
  command.configureOutput({
    writeOut: (text) => terminal.writeOut(text),
    writeErr: (text) => terminal.writeErr(text),
  });
}
