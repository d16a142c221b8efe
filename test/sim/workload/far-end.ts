import type { LedgerEntry } from '../../checker/index.js';

/** What lies outside of the system and remembers what was done to it: of the simulation that runs now. */
export const far: {
  note(entry: LedgerEntry): void;
} = {
  note: () => {
    throw new Error('no simulation runs');
  },
};

/** Notes that a task's result has come back to its workflow. @returns the result */
export function returned<Result extends { key: string; nonce: number }>(
  ctx: { run: { id: string }; step: { attempt: number } },
  result: Result,
): Result {
  const { key, nonce: value } = result;
  far.note({ what: 'returned', runId: ctx.run.id, key, attempt: ctx.step.attempt, value });
  return result;
}
