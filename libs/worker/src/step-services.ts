import type { Assignment, ValueCodec } from '@ground-control/protocol';
import type { ReplayBounds } from './replay.js';
import type { Failures } from './failures.js';
import type { RunLinks } from './run-links.js';
import type { WorkerLink } from './worker-link.js';

/** What all steps of a worker share. */
export interface StepServices {
  readonly link: WorkerLink;
  readonly values: ValueCodec;
  readonly failures: Failures;
  /** Other runs: children, and those that events are sent to. */
  readonly runs: RunLinks;
  /** Whether a step that does something else than it did before waits for other code, instead of failing its run. */
  readonly waitsForOtherCode?: boolean | undefined;
  /** Set where a recorded history is replayed, and nothing else is done. */
  readonly bounds?: ReplayBounds | undefined;
  /** Whether the worker goes on with the step that follows. */
  wantsNext(): boolean;
  /** Takes back a step that was assigned and cannot be run. */
  giveBack(assignment: Assignment, reason: string): void;
}
