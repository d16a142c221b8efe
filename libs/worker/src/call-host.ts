import type { RunInfo, ValueCodec } from '@ground-control/protocol';
import type { NextBuilder, StepInfo } from '@ground-control/workflow';
import type { Deliveries } from './deliveries.js';
import type { Failures } from './failures.js';
import type { OperationLog } from './operation-log.js';
import type { AskedCall, Replay } from './replay.js';
import type { RunLinks } from './run-links.js';
import type { RecordedCall } from './recorded-calls.js';

/** What the calls of a step need of it. */
export interface CallHost {
  readonly runId: string;
  readonly stepSeq: number;
  readonly runInfo: RunInfo;
  readonly stepInfo: StepInfo;
  readonly values: ValueCodec;
  readonly failures: Failures;
  readonly next: NextBuilder;
  readonly runs: RunLinks;
  readonly log: OperationLog;
  readonly deliveries: Deliveries;
  readonly replay: Replay | undefined;
  /** The calls whose outcome the handler has not got yet. */
  readonly open: OpenCall[];
  /** The step has ended or was taken away: a call is never answered. */
  readonly isOver: boolean;
  /** The number of the next call. @throws LimitExceededError */
  nextOp(): number;
  /** What was recorded of the call. @throws NonDeterminismError, which also fails the step */
  ask(asked: AskedCall): RecordedCall | undefined;
}

/** A call that a handler waits for, or has left behind. */
export interface OpenCall {
  /** What it does to another run, as far as it is begun: the step does not end before that is done. */
  readonly effect: Promise<unknown> | undefined;
  /** The step ended without waiting for it. */
  leave(): void;
  /** The step was taken away: the call is rejected with the reason. */
  abort(reason: Error): void;
}
