import type { Command } from 'commander';

const EXAMPLES = new WeakMap<Command, readonly string[]>();

/** Adds examples to the help of a command. */
export function addExamples(command: Command, ...examples: string[]): Command {
  EXAMPLES.set(command, examples);
  const heading = examples.length === 1 ? 'Example:' : 'Examples:';
  return command.addHelpText('after', ['', heading, ...examples.map((line) => `  $ ${line}`)].join('\n'));
}

/** The examples that the help of a command shows. */
export function examplesOf(command: Command): readonly string[] {
  return EXAMPLES.get(command) ?? [];
}
