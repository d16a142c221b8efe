import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

import { type Command, Option } from 'commander';

const STDIN = '-';

export interface InputOptions {
  input?: unknown;
}

interface RawInput {
  input?: string;
  inputFile?: string;
}

/**
 * Adds `--input` and `--input-file`, of which one may be given; `-` is the standard input with either. What is read
 * is in the option `input` when the command runs. It is read before anybody is asked anything: what is no JSON is wrong
 * usage.
 */
export function addInputOptions(command: Command, what: string): Command {
  return command
    .addOption(new Option('--input <json>', `${what}, as JSON (- for stdin)`).conflicts('inputFile'))
    .addOption(new Option('--input-file <path>', `${what}, as JSON in a file (- for stdin)`))
    .hook('preAction', async (_parent, running) => {
      const { input, inputFile } = running.opts<RawInput>();
      if (input !== undefined && input !== STDIN) setInput(running, '--input', input);
      else if (input === STDIN || inputFile !== undefined) {
        const path = inputFile ?? STDIN;
        setInput(running, path === STDIN ? 'the standard input' : path, await readInput(running, path));
      }
    });
}

async function readInput(command: Command, path: string): Promise<string> {
  try {
    return path === STDIN ? await text(process.stdin) : await readFile(path, 'utf8');
  } catch (error) {
    return command.error(`error: --input-file cannot be read: ${(error as Error).message}`);
  }
}

function setInput(command: Command, source: string, json: string): void {
  try {
    command.setOptionValue('input', JSON.parse(json));
  } catch (error) {
    command.error(`error: ${source} is no JSON: ${(error as Error).message}`);
  }
}
