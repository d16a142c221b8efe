import { CoordinatorUnavailableError } from '@ground-control/protocol';
import { CommanderError } from 'commander';

/** How `gctl` ends. */
export const EXIT = {
  done: 0,
  /** The workflow or the request failed. */
  failed: 1,
  /** Wrong usage. */
  usage: 2,
  /** No coordinator could be reached. */
  unreachable: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  return error instanceof CoordinatorUnavailableError ? EXIT.unreachable : EXIT.failed;
}
