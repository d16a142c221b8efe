import type { Command, Option } from 'commander';

/** One way to go on with a command line. */
export interface Candidate {
  value: string;
  description: string;
}

/** What only the namespace knows: names that are completed by asking. */
export interface Lookup {
  workflowTypes(): Promise<Candidate[]>;
  workflowIds(prefix: string): Promise<Candidate[]>;
  /** The names of events, queries or updates that a run takes. */
  handlers(workflowId: string, kind: 'event' | 'query' | 'update'): Promise<Candidate[]>;
}

/** Makes the lookup, from the options that the command line has so far. */
export type LookupFor = (options: Record<string, string>) => Lookup;

interface Reached {
  command: Command;
  positionals: string[];
  /** The option whose value comes next. */
  pending: Option | undefined;
  values: Record<string, string>;
}

/**
 * How a command line may go on.
 *
 * @param words what follows `gctl`; the last one is what is being typed, and may be empty
 */
export async function complete(
  program: Command,
  words: readonly string[],
  lookupFor: LookupFor,
): Promise<Candidate[]> {
  const typed = words.at(-1) ?? '';
  const reached = follow(program, words.slice(0, -1));
  const candidates = await candidatesFor(reached, typed, lookupFor(reached.values));
  return candidates.filter(({ value }) => value.startsWith(typed));
}

function follow(program: Command, words: readonly string[]): Reached {
  const reached: Reached = { command: program, positionals: [], pending: undefined, values: {} };
  for (const word of words) {
    if (reached.pending) {
      reached.values[reached.pending.attributeName()] = word;
      reached.pending = undefined;
    } else if (word.startsWith('-')) takeOption(reached, word);
    else takeWord(reached, word);
  }
  return reached;
}

function takeOption(reached: Reached, word: string): void {
  const [flag, value] = word.split('=', 2);
  const option = optionsOf(reached.command).find(({ long, short }) => long === flag || short === flag);
  if (!option?.required && !option?.optional) return;
  if (value === undefined) reached.pending = option;
  else reached.values[option.attributeName()] = value;
}

function takeWord(reached: Reached, word: string): void {
  const next = reached.command.commands.find((command) => command.name() === word);
  if (next) reached.command = next;
  else reached.positionals.push(word);
}

/** Those of the command, and those that it has from above. */
function optionsOf(command: Command): Option[] {
  const own = command.options.filter(({ hidden }) => !hidden);
  return command.parent ? [...own, ...optionsOf(command.parent)] : own;
}

function candidatesFor(
  { command, positionals, pending }: Reached,
  typed: string,
  lookup: Lookup,
): Candidate[] | Promise<Candidate[]> {
  if (pending) return valuesOf(pending, typed, lookup);
  if (typed.startsWith('-')) {
    return optionsOf(command).map(({ long, description }) => ({ value: long ?? '', description }));
  }
  if (command.commands.length > 0) {
    if (positionals.length > 0) return [];
    const shown = command
      .createHelp()
      .visibleCommands(command)
      .filter((one) => one.name() !== 'help');
    return shown.map((one) => ({ value: one.name(), description: one.description() }));
  }
  return argumentOf(command, positionals, typed, lookup);
}

function valuesOf(option: Option, typed: string, lookup: Lookup): Candidate[] | Promise<Candidate[]> {
  if (option.argChoices) return option.argChoices.map((value) => ({ value, description: '' }));
  switch (option.attributeName()) {
    case 'type':
      return lookup.workflowTypes();
    case 'idPrefix':
    case 'id':
      return lookup.workflowIds(typed);
    default:
      return [];
  }
}

function argumentOf(
  command: Command,
  positionals: readonly string[],
  typed: string,
  lookup: Lookup,
): Candidate[] | Promise<Candidate[]> {
  const argument = command.registeredArguments[positionals.length];
  if (argument?.argChoices) return argument.argChoices.map((value) => ({ value, description: '' }));
  const kind = argument?.name() ?? '';
  switch (kind) {
    case 'type':
      return lookup.workflowTypes();
    case 'workflow-id':
      return lookup.workflowIds(typed);
    case 'event':
    case 'query':
    case 'update':
      return lookup.handlers(positionals[0] ?? '', kind);
    default:
      return [];
  }
}
