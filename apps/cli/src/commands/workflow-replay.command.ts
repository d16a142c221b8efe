import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

import { InvalidInputError } from '@ground-control/protocol';
import type { Divergence, ReplayReport } from '@ground-control/worker';
import { Command } from 'commander';

import type { CliContext } from '../cli-context.js';
import { addExamples } from '../examples.js';
import { printable } from '../printable.js';
import { replayInProcess } from '../replay/replay-process.js';
import type { Styles } from '../styles.js';
import { fields } from '../table.js';

interface ReplayOptions {
  file: string[];
  module: string;
  export?: string;
}

/** `gctl workflow replay` */
export function replayCommand(context: CliContext): Command {
  const command = new Command('replay')
    .description("run today's code against recorded histories, and tell where it does something else")
    .requiredOption('--file <paths...>', 'what gctl workflow history --json wrote (- for stdin)')
    .requiredOption('--module <path>', 'the compiled file that exports the Nest module with the workflows')
    .option('--export <name>', 'which of its exports is the module (default: the only one)')
    .addHelpText(
      'after',
      '\nNo task is run and nobody is asked anything. The exit code is 0 when all histories match, 1 when one does not.',
    );
  addExamples(
    command,
    'gctl workflow history order-1 --json > history.json',
    'gctl workflow replay --file history.json --module ./dist/app.module.js',
  );
  return command.action(async ({ file: files, module, export: name }: ReplayOptions) => {
    const { terminal } = context;
    const path = resolve(module);
    if (!existsSync(path)) command.error(`error: --module: there is no ${path}`);
    let diverged = 0;
    for (const file of files) {
      terminal.busy(`replaying ${file}`);
      // oxlint-disable-next-line no-await-in-loop -- each is a process of its own
      const report = await replayOne(command, context, { file, module: path, export: name });
      if (report.divergence) diverged += 1;
      terminal.show({ file, ...report }, reportText(file, report, terminal.styles));
    }
    terminal.busy(undefined);
    if (diverged === 0) return;
    throw new Error(
      files.length === 1
        ? 'The history does not match.'
        : `${diverged} of ${files.length} histories do not match.`,
    );
  });
}

async function replayOne(
  command: Command,
  { terminal }: CliContext,
  options: { file: string; module: string; export: string | undefined },
): Promise<ReplayReport> {
  const { file, module, export: name } = options;
  try {
    const events: unknown = JSON.parse(
      file === '-' ? await text(process.stdin) : await readFile(file, 'utf8'),
    );
    return await replayInProcess({ kind: 'replay', events, module, export: name }, (step, index, of) =>
      terminal.busy(`replaying ${file}: ${step}, step ${index + 1} of ${of}`),
    );
  } catch (error) {
    const isRefusal = error instanceof InvalidInputError;
    return command.error(`error: ${isRefusal ? '' : `${file}: `}${(error as Error).message}`);
  }
}

function reportText(file: string, report: ReplayReport, styles: Styles): string {
  const { workflowType, workflowId, steps, calls, divergence } = report;
  const what = `${file}: ${printable(workflowType)} ${printable(workflowId)}`;
  const matched = `${steps} ${steps === 1 ? 'step' : 'steps'} with ${calls} recorded ${calls === 1 ? 'call' : 'calls'}`;
  if (!divergence) return `${styles.good('✓')} ${what}: ${matched} match`;
  return [`${styles.bad('✗')} ${what}: ${matched} match, then:`, divergenceText(divergence, styles)].join(
    '\n',
  );
}

function divergenceText({ step, attempt, seq, op, recorded, asked }: Divergence, styles: Styles): string {
  const where = `${printable(step)}, attempt ${attempt} (history event ${seq})`;
  const lines = fields([
    ['step', where],
    ['call', op === undefined ? 'its end' : String(op)],
    ['recorded', styles.good(printable(recorded))],
    ['today', styles.bad(printable(asked))],
  ]);
  return lines.replace(/^/gm, '  ');
}
