import type { RunStatus } from '@ground-control/protocol';

/** The states of a run that has not ended. */
export const ACTIVE_STATUSES: readonly RunStatus[] = ['scheduled', 'running', 'waiting'];

/** All states of a run, in the order of a run's life. */
export const STATUSES: readonly RunStatus[] = [
  ...ACTIVE_STATUSES,
  'completed',
  'failed',
  'cancelled',
  'terminated',
  'timed_out',
];
