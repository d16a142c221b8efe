import { Argument, Command } from 'commander';

import type { CliContext } from '../cli-context.js';
import { ClientLookup } from '../completion/client-lookup.js';
import { complete } from '../completion/complete.js';
import { SCRIPTS, type Shell, SHELLS } from '../completion/scripts.js';
import { addExamples } from '../examples.js';
import { printable } from '../printable.js';
import type { GlobalOptions } from '../session.js';

/** `gctl completion` */
export function completionCommand({ terminal }: CliContext): Command {
  const command = new Command('completion')
    .description('print what makes a shell complete gctl: commands, options, workflow types and ids')
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS));
  addExamples(command, 'source <(gctl completion bash)', 'gctl completion fish > gctl.fish');
  return command.action((shell: Shell) => terminal.writeOut(`${SCRIPTS[shell]}\n`));
}

/** `gctl __complete`, which the scripts ask: a candidate a line, with its description after a tab. */
export function completeCommand(context: CliContext): Command {
  const command = new Command('__complete').argument('[words...]');
  return command.action(async (words: string[]) => {
    const program = command.parent ?? command;
    const defaults = program.opts<GlobalOptions>();
    const candidates = await complete(
      program,
      words,
      ({ server = defaults.server, namespace = defaults.namespace }) =>
        new ClientLookup(context, { ...defaults, server, namespace }),
    );
    const lines = candidates.map(
      ({ value, description }) => `${printable(value)}\t${printable(description)}\n`,
    );
    context.terminal.writeOut(lines.join(''));
  });
}
