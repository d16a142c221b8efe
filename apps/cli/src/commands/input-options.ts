import { Command, Option } from 'commander';

import { json, jsonFile } from '../parsers.js';

/** Adds `--input` and `--input-file`, of which one may be given. */
export function addInputOptions(command: Command, what: string): Command {
  return command
    .addOption(new Option('--input <json>', `${what}, as JSON`).argParser(json).conflicts('inputFile'))
    .addOption(
      new Option('--input-file <path>', `${what}, as JSON in a file (- for stdin)`).argParser(jsonFile),
    );
}

export interface InputOptions {
  input?: unknown;
  inputFile?: unknown;
}

export function inputOf(options: InputOptions): unknown {
  return options.input === undefined ? options.inputFile : options.input;
}
