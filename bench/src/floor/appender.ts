import { setting, workerIsReady } from '../harness/worker-process.js';
import { FloorJournal } from './journal.js';
import { assignmentOf, endOf, PARTITIONS, STEPS } from './messages.js';
import {
  type Accepted,
  type AwaitResult,
  FramePeer,
  type RecordOperations,
  type RegisterWorker,
  type ReportStep,
  type RunStarted,
  type StartWorkflow,
} from './protocol.js';

// Stands where the coordinator would: every message that it would send, every append that it would make, and no
// engine. It trusts what it is told and keeps nothing but who waits for which run.

type Request = StartWorkflow | AwaitResult | RecordOperations | ReportStep | RegisterWorker;

/** Where a reply goes. */
interface Caller {
  from: string;
  correlation: number;
}

const ACCEPTED: Accepted = { kind: 'accepted' };

const peer = await FramePeer.connect({ servers: setting('GROUND_CONTROL_SERVERS') });
const journal = await FloorJournal.create(peer.connection);
const waiting = new Map<string, Caller>();
/** The runs that ended before their client asked. */
const ended = new Set<string>();
let worker = '';

function handle(request: Request, partition: number, caller: Caller): void {
  switch (request.kind) {
    case 'worker.register':
      worker = request.workerId;
      return reply(caller, { kind: 'worker.welcome' });
    case 'workflow.result':
      return awaitEnd(request.runId ?? '', caller);
    case 'workflow.start':
      return journal.add(partition, 'start', () => start(request, partition, caller));
    case 'step.record':
      return journal.add(partition, 'record', () => reply(caller, ACCEPTED));
    case 'step.result':
      return endStep(request, partition, caller);
  }
}

function start({ runId }: StartWorkflow, partition: number, caller: Caller): void {
  const started: RunStarted = { kind: 'run.started', runId, existing: false };
  reply(caller, started);
  void peer.request({ kind: 'peer', peer: worker }, assignmentOf(partition, runId, 1));
}

function endStep({ runId, stepSeq }: ReportStep, partition: number, caller: Caller): void {
  if (stepSeq < STEPS.length) {
    const next = assignmentOf(partition, runId, stepSeq + 1);
    return journal.add(partition, 'step', () => reply(caller, { kind: 'accepted', next } as Accepted));
  }
  return journal.add(partition, 'end', () => {
    reply(caller, ACCEPTED);
    endRun(runId);
  });
}

function endRun(runId: string): void {
  const caller = waiting.get(runId);
  if (!caller) return void ended.add(runId);
  waiting.delete(runId);
  reply(caller, endOf(runId));
}

function awaitEnd(runId: string, caller: Caller): void {
  if (ended.delete(runId)) reply(caller, endOf(runId));
  else waiting.set(runId, caller);
}

function reply({ from, correlation }: Caller, body: { kind: string }): void {
  peer.reply(from, correlation, body);
}

for (let partition = 0; partition < PARTITIONS; partition += 1) {
  peer.listen({ kind: 'partition', partition }, (from, correlation, body) => {
    handle(body as Request, partition, { from, correlation });
  });
}
peer.listen({ kind: 'coordinators' }, (from, correlation, body) => {
  handle(body as Request, 0, { from, correlation });
});
await peer.flush();
workerIsReady(() => peer.close());
