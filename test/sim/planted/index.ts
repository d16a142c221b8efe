import type { RunCommand, RunState } from '@ground-control/engine';
import type { Address, Assignment, Message } from '@ground-control/protocol';
import {
  FrameSender,
  GroupCommit,
  type JournalBatch,
  LeaderTerm,
  LogJournal,
  MemoryLog,
  type Published,
  StepCall,
  StepRunner,
  WorkerRegistry,
} from '../production.js';
import { type PlantedBug, replaceMethod } from './plant.js';

type OnBatch = (sequence: number, batch: JournalBatch) => void;

interface CallOfStep {
  host: { log: { append(operation: unknown): void } };
  deliver(outcome: unknown): void;
}

/** Bugs that a durable system could have. The checker must find each of them. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'append-not-awaited',
    what: 'Replies and assignments leave before the append that they follow from is acknowledged.',
    foundAt: 2,
    plant: () => replaceMethod(GroupCommit, 'whenDurable', (_self, [effect]: [() => void]) => effect()),
  },
  {
    name: 'fencing-off',
    what: 'The journal takes an append whatever sequence it expects to be the last.',
    foundAt: 5,
    plant: () =>
      replaceMethod(
        MemoryLog,
        'store',
        (self: { records: Uint8Array[] }, [sent]: [{ record: Uint8Array }]) => ({
          kind: 'stored',
          sequence: self.records.push(sent.record),
        }),
      ),
  },
  {
    name: 'uncertain-taken-for-stored',
    what: 'An append whose acknowledgement does not come is taken to be durable.',
    foundAt: 4,
    plant: () =>
      replaceMethod(LogJournal, 'faultOf', (_self, [published, sequence]: [Published, number], original) =>
        published.kind === 'unknown' ? undefined : original(published, sequence),
      ),
  },
  {
    name: 'tail-not-replayed',
    what: 'A new leader overlooks the last batch of the journal.',
    foundAt: 1,
    plant: () =>
      replaceMethod(LogJournal, 'takeOver', (_self, [epoch, onBatch]: [string, OnBatch], original) => {
        let held: Parameters<OnBatch> | undefined;
        return original(epoch, (sequence, batch) => {
          if (batch.entries.length === 0) return;
          if (held) onBatch(...held);
          held = [sequence, batch];
        });
      }),
  },
  {
    name: 'acknowledged-before-the-record',
    what: "A task's await returns before its result is durable.",
    foundAt: 4,
    plant: () =>
      replaceMethod(StepCall, 'record', (self: CallOfStep, [operation, outcome]: [unknown, unknown]) => {
        self.host.log.append(operation);
        self.deliver(outcome);
      }),
  },
  {
    name: 'replay-cut-short',
    what: 'A worker overlooks the last record of an assignment that it replays.',
    foundAt: 4,
    plant: () =>
      replaceMethod(StepRunner, 'accept', (_self, [assignment]: [Assignment], original) =>
        original({ ...assignment, operations: assignment.operations.slice(0, -1) }),
      ),
  },
  {
    name: 'assignment-run-twice',
    what: 'A worker that is given an assignment again runs it again.',
    foundAt: 5,
    plant: () => replaceMethod(StepRunner, 'isKnown', () => false),
  },
  {
    name: 'retry-under-a-new-id',
    what: 'An event that is sent again for want of an answer gets a new id.',
    foundAt: 5,
    plant: () => {
      const sent = new WeakSet<object>();
      return replaceMethod(FrameSender, 'send', (_self, [to, message]: [Address, Message], original) => {
        const [correlation, body] = message;
        const isAgain = body.kind === 'workflow.send' && sent.has(body);
        sent.add(body);
        return original(to, [
          correlation,
          isAgain ? Object.assign({}, body, { eventId: `again-${Math.random()}` }) : body,
        ]);
      });
    },
  },
  {
    name: 'ids-not-remembered',
    what: 'A leader forgets the ids of the events and updates that a run has received.',
    foundAt: 2,
    plant: () =>
      replaceMethod(LeaderTerm, 'decide', (_self, [state, command]: [RunState, RunCommand], original) => {
        if (command.kind === 'send' || command.kind === 'update') state.received.clear();
        return original(state, command);
      }),
  },
  {
    name: 'stale-report-taken',
    what: 'The report of an attempt whose step was given to another worker is taken for the current one.',
    foundAt: 37,
    plant: () =>
      replaceMethod(LeaderTerm, 'decide', (_self, [state, command]: [RunState, RunCommand], original) => {
        const isReport = command.kind === 'record' || command.kind === 'report';
        const { attempt } = state.step ?? {};
        return original(state, isReport && attempt !== undefined ? { ...command, attempt } : command);
      }),
  },
  {
    name: 'lease-never-ends',
    what: 'A worker that is silent keeps its steps.',
    foundAt: 1,
    plant: () => replaceMethod(WorkerRegistry, 'expire', () => []),
  },
  {
    name: 'timers-not-armed',
    what: 'A leader does not arm the timers of the runs that it recovered.',
    foundAt: 3,
    plant: () =>
      replaceMethod(
        LeaderTerm,
        'resume',
        (self: { timers: { clear(): void } }, [record]: [unknown], original) => {
          original(record);
          self.timers.clear();
        },
      ),
  },
  {
    name: 'outcome-not-delivered',
    what: 'What a run owes to its parent is never delivered.',
    foundAt: 1,
    plant: () => replaceMethod(LeaderTerm, 'deliver', () => undefined),
  },
];
