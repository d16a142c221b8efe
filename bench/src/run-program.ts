import { stopEverything } from './harness/turn.js';
import { UsageError } from './options.js';

const FAILED = 1;
const WRONG_USAGE = 2;
const INTERRUPTED = 130;

/** Runs a program whose result is its exit code. One that is interrupted stops its engines first. */
export async function runProgram(main: () => Promise<number>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void stopEverything().finally(() => process.exit(INTERRUPTED));
    });
  }
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? WRONG_USAGE : FAILED;
  }
}
