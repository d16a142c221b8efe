import {
  type Address,
  type Assignment,
  type AssignmentKey,
  errorOfCode,
  type Operation,
  type Refused,
  type StepOutcome,
  type WorkerRequest,
} from '@ground-control/protocol';
import { asError } from './failures.js';
import type { StepServices } from './step-services.js';
import type { Body, LinkReplyHandler } from './worker-link.js';

/** A report is sent for as long as the step is held; the transport sends again what is not answered. */
const FOR_EVER = { timeoutMs: Infinity };

/** What a report came to. */
export type ReportReply =
  | { kind: 'accepted'; next?: Assignment | undefined }
  /** The step is no longer this worker's (invariant 5). */
  | { kind: 'stale' }
  | { kind: 'refused'; error: Error };

/** Hears what a report came to, in the turn of the event loop in which its reply arrives. */
export type OnReported = (reply: ReportReply) => void;

/** Reports one attempt of a step to the leader of its run. */
export class StepReporter {
  private readonly leader: Address;

  constructor(
    private readonly key: AssignmentKey,
    private readonly services: Pick<StepServices, 'link' | 'wantsNext'>,
  ) {
    this.leader = { kind: 'partition', partition: key.partition };
  }

  record(offset: number, operations: Operation[], onReported: OnReported): void {
    const { runId, stepSeq, attempt } = this.key;
    this.report({ kind: 'step.record', runId, stepSeq, attempt, offset, operations }, onReported);
  }

  result(offset: number, operations: Operation[], outcome: StepOutcome, onReported: OnReported): void {
    const { runId, stepSeq, attempt } = this.key;
    const wantsNext = this.services.wantsNext();
    this.report(
      { kind: 'step.result', runId, stepSeq, attempt, offset, operations, outcome, wantsNext },
      onReported,
    );
  }

  private report(request: WorkerRequest, onReported: OnReported): void {
    this.services.link.ask(this.leader, request, new Report(onReported), FOR_EVER);
  }
}

class Report implements LinkReplyHandler {
  constructor(private readonly onReported: OnReported) {}

  onReply(reply: Body): void {
    this.onReported(read(reply));
  }

  // What the connection cannot send is refused like what the leader refuses.
  onFailure(error: unknown): void {
    this.onReported({ kind: 'refused', error: asError(error) });
  }
}

function read(reply: Body): ReportReply {
  if (reply.kind === 'accepted') return reply as Extract<ReportReply, { kind: 'accepted' }>;
  if (reply.kind !== 'error') return { kind: 'stale' };
  const { code, message, details } = reply as Refused;
  return { kind: 'refused', error: errorOfCode(code, message, details) };
}
