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
import type { Body } from './worker-link.js';

/** A report is sent for as long as the step is held; the transport sends again what is not answered. */
const FOR_EVER = { timeoutMs: Infinity };

/** What a report came to. */
export type ReportReply =
  | { kind: 'accepted'; next: Assignment | undefined }
  /** The step is no longer this worker's (invariant 5). */
  | { kind: 'stale' }
  | { kind: 'refused'; error: Error };

/** Reports one attempt of a step to the leader of its run. */
export class StepReporter {
  private readonly leader: Address;

  constructor(
    private readonly key: AssignmentKey,
    private readonly services: Pick<StepServices, 'link' | 'wantsNext'>,
  ) {
    this.leader = { kind: 'partition', partition: key.partition };
  }

  record(offset: number, operations: Operation[]): Promise<ReportReply> {
    const { runId, stepSeq, attempt } = this.key;
    return this.report({ kind: 'step.record', runId, stepSeq, attempt, offset, operations });
  }

  result(offset: number, operations: Operation[], outcome: StepOutcome): Promise<ReportReply> {
    const { runId, stepSeq, attempt } = this.key;
    const wantsNext = this.services.wantsNext();
    return this.report({
      kind: 'step.result',
      runId,
      stepSeq,
      attempt,
      offset,
      operations,
      outcome,
      wantsNext,
    });
  }

  private report(request: WorkerRequest): Promise<ReportReply> {
    return this.services.link.request(this.leader, request, FOR_EVER).then(read, refused);
  }
}

function read(reply: Body): ReportReply {
  if (reply.kind === 'accepted') return reply as Extract<ReportReply, { kind: 'accepted' }>;
  if (reply.kind !== 'error') return { kind: 'stale' };
  const { code, message, details } = reply as Refused;
  return { kind: 'refused', error: errorOfCode(code, message, details) };
}

// What the connection cannot send is refused like what the leader refuses.
function refused(error: unknown): ReportReply {
  return { kind: 'refused', error: asError(error) };
}
