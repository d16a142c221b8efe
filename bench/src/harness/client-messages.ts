import type { RunKind } from '../workloads.js';
import type { Sample } from './closed-loop.js';
import type { DriverSettings } from './driver.js';

/** What the client's process is told, one after the other; each is answered. */
export type ClientCommand =
  | { kind: 'connect'; driver: string; settings: DriverSettings }
  /** Runs until told to stop, or until `limit` runs have ended. */
  | { kind: 'start'; run: RunKind; inFlight: number; size?: number | undefined; limit?: number | undefined }
  | { kind: 'begin' }
  | { kind: 'sample' }
  /** Answered when all runs of a limited loop have ended. */
  | { kind: 'finish' }
  | { kind: 'stop' };

export type ClientAnswer = { kind: 'done'; sample?: Sample | undefined } | { kind: 'failed'; error: string };
