import type { ReplayReport } from '@ground-control/worker';

/** What a replay is asked to do. */
export interface ReplayTask {
  kind: 'replay';
  /** A history, as it was exported. */
  events: unknown;
  /** The file of the module, and which of its exports it is; found when absent. */
  module: string;
  export: string | undefined;
}

/** What the replay tells. */
export type ReplayNews =
  | { kind: 'step'; step: string; index: number; of: number }
  | { kind: 'report'; report: ReplayReport }
  /** It could not be done: the file or the module is not what it should be. */
  | { kind: 'refused'; message: string };
