import { CoordinatorUnavailableError, GroundControlError, RunFinishedError } from '@ground-control/protocol';

import { printable } from './printable.js';
import type { Terminal } from './terminal.js';

/** A run that is to be ended; by its run id, so that a later run of the same workflow id is left alone. */
export interface RunToEnd {
  workflowId: string;
  runId: string;
}

export interface EndRunsOptions {
  terminal: Pick<Terminal, 'show' | 'note' | 'busy'>;
  end(run: RunToEnd): Promise<void>;
  /** What is told of a run that was ended, with `--json`. */
  done: Record<string, true>;
  /** What was done, as in `12 runs terminated`. */
  counted: string;
}

/** How many requests are under way at once. */
const IN_FLIGHT = 64;

/**
 * Ends each of the runs and tells how that went, one line a run with `--json`. One that has ended by itself meanwhile is
 * no failure.
 *
 * @throws CoordinatorUnavailableError as soon as no coordinator answers
 * @throws Error when some runs refused
 */
export async function endRuns(runs: readonly RunToEnd[], options: EndRunsOptions): Promise<void> {
  const { terminal, counted } = options;
  const tally = { done: 0, ended: 0, failed: 0 };
  const rest = runs.values();
  const tellProgress = (): void => {
    const handled = tally.done + tally.ended + tally.failed;
    terminal.busy(`${handled} of ${runs.length} ${counted}`);
  };
  const work = async (): Promise<void> => {
    for (const run of rest) {
      // oxlint-disable-next-line no-await-in-loop -- as many at once as there are workers
      tally[await endOne(run, options)] += 1;
      tellProgress();
    }
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, runs.length) }, work));
  terminal.busy(undefined);
  const already = tally.ended > 0 ? `, ${tally.ended} had ended already` : '';
  terminal.note(`${tally.done} ${counted}${already}.`);
  if (tally.failed > 0) throw new Error(`${tally.failed} of ${runs.length} runs could not be ended.`);
}

async function endOne(run: RunToEnd, options: EndRunsOptions): Promise<'done' | 'ended' | 'failed'> {
  const { terminal, end, done } = options;
  try {
    await end(run);
    terminal.show({ ...run, ...done }, printable(run.workflowId));
    return 'done';
  } catch (error) {
    if (!(error instanceof GroundControlError) || error instanceof CoordinatorUnavailableError) throw error;
    const { code, message } = error;
    terminal.show(
      { ...run, error: { code, message } },
      `${printable(run.workflowId)}: ${printable(message)}`,
    );
    return error instanceof RunFinishedError ? 'ended' : 'failed';
  }
}
