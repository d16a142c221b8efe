import type { Finding, Verification } from '@ground-control/journal';
import { Command, CommanderError } from 'commander';

import type { CliContext } from '../cli-context.js';
import { addExamples } from '../examples.js';
import { EXIT } from '../exit-code.js';
import { printable } from '../printable.js';
import type { GlobalOptions } from '../session.js';
import type { Styles } from '../styles.js';

/** `gctl cluster verify`: needs no coordinator, and stands in the way of none. */
export function verifyCommand(context: CliContext): Command {
  const { terminal } = context;
  const command = new Command('verify')
    .description('reads all journals, checkpoints and histories, and tells what is not whole')
    .addHelpText(
      'after',
      '\nNothing is written. The exit code is 0 when all is whole, 1 when something is not, 2 when it could not be read.',
    );
  addExamples(command, 'gctl cluster verify', 'gctl cluster verify --json');
  return command.action(async () => {
    const result = await verified(context, command, command.optsWithGlobals<GlobalOptions>());
    terminal.show(result, resultText(result, terminal.styles));
    const { length } = result.findings;
    if (length > 0)
      throw new Error(length === 1 ? 'Something is not whole.' : `${length} things are not whole.`);
  });
}

async function verified(
  { terminal }: CliContext,
  command: Command,
  options: GlobalOptions,
): Promise<Verification> {
  try {
    // Loading JetStream takes longer than most commands run.
    const { verifyOver } = await import('../verify-over.js');
    return await verifyOver(terminal, options);
  } catch (error) {
    terminal.fail(error);
    throw new CommanderError(EXIT.usage, 'gctl.unverified', 'the namespace could not be verified');
  } finally {
    terminal.busy(undefined);
  }
}

function resultText(
  { partitions, batches, checkpoints, histories, findings }: Verification,
  styles: Styles,
): string {
  const read = `${partitions} partitions: ${batches} batches, ${checkpoints} checkpoints, ${histories} histories`;
  if (findings.length === 0) return `${styles.good('✓')} ${read}: all whole`;
  return [`${styles.bad('✗')} ${read}`, ...findings.map(findingText)].join('\n');
}

function findingText({ partition, where, sequence, runId, message }: Finding): string {
  const run = runId === undefined ? '' : `, run ${printable(runId)}`;
  return `  partition ${partition}, ${where}, sequence ${sequence}${run}: ${printable(message)}`;
}
