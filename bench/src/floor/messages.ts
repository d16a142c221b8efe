import { payloadOf, type RunResult, work } from '../workloads.js';
import {
  type Assignment,
  encodeMessage,
  type RecordOperations,
  type ReportStep,
  type RunEnded,
  type StartWorkflow,
  ValueCodec,
} from './protocol.js';

// The messages of W2, each of the shape and the size that they have when the engine is there. Their values are made
// once: the floor carries them and never looks inside.

export const PARTITIONS = 4;
export const STEPS: readonly string[] = ['start', 'second', 'third'];

const values = new ValueCodec();
const input = payloadOf('W2-abcdef-100000');
const state: RunResult = { ...input, tasks: 3 };
const INPUT = values.encode(input, 'input');
const STATE = values.encode(state, 'state') ?? new Uint8Array();
const ARGUMENTS = values.encode([input], 'args');
const TASK_RESULT = values.encode(work(input), 'result');
const DIGEST = new Uint8Array(16);

export function startOf(workflowId: string, runId: string): StartWorkflow {
  return { kind: 'workflow.start', workflowId, runId, workflowType: 'W2', input: INPUT };
}

/** The assignment of a step: the first carries what its worker must know of the run. */
export function assignmentOf(partition: number, runId: string, stepSeq: number): Assignment {
  const first = stepSeq === 1;
  return {
    kind: 'assignment',
    partition,
    runId,
    stepSeq,
    attempt: 1,
    step: STEPS[stepSeq - 1] ?? '',
    handler: first ? 'start' : 'step',
    input: first ? INPUT : undefined,
    deadline: undefined,
    remainingMs: undefined,
    failures: 0,
    cancelRequested: false,
    reason: undefined,
    childOutcome: undefined,
    operations: [],
    run: first
      ? {
          workflowId: runId,
          workflowType: 'W2',
          startedAt: Date.now(),
          parent: undefined,
          attributes: undefined,
          store: [],
        }
      : undefined,
  };
}

export function recordOf({ runId, stepSeq, attempt }: Assignment): RecordOperations {
  return { kind: 'step.record', runId, stepSeq, attempt, offset: 0, operations: taskOperations() };
}

export function reportOf({ runId, stepSeq, attempt }: Assignment): ReportStep {
  const next = STEPS[stepSeq];
  const directive =
    next === undefined
      ? ({ kind: 'complete', result: STATE } as const)
      : ({ kind: 'step', step: next, input: undefined } as const);
  const outcome = {
    kind: 'directive',
    directive,
    updates: [['state', STATE]],
  } satisfies ReportStep['outcome'];
  return {
    kind: 'step.result',
    runId,
    stepSeq,
    attempt,
    offset: 2,
    operations: [],
    outcome,
    wantsNext: true,
  };
}

export function endOf(runId: string): RunEnded {
  return { kind: 'run.ended', runId, status: 'completed', result: STATE };
}

function taskOperations(): RecordOperations['operations'] {
  const at = Date.now();
  return [
    { kind: 'task.started', op: 0, at, task: 'work', args: ARGUMENTS, digest: DIGEST },
    { kind: 'task.completed', op: 0, at, result: TASK_RESULT, durationMs: 0 },
  ];
}

/** What is appended for a run, in order: its start, then for each step what its task recorded and how it ended. */
export type EntryKind = 'start' | 'record' | 'step' | 'end';

/** What an entry takes in a journal message, in bytes. */
export interface EntrySize {
  /** One of many of its kind. */
  another: number;
  /** The first of its kind takes so much more: a message spells out each shape once. */
  shape: number;
}

export const ENTRY_SIZES: Record<EntryKind, EntrySize> = {
  start: sizeOf([
    {
      kind: 'run.started',
      workflowId: input.id,
      workflowType: 'W2',
      input: INPUT,
      timeoutAt: undefined,
      startAt: undefined,
      parent: undefined,
      onCompleted: undefined,
      attributes: undefined,
    },
    stepStarted(1),
  ]),
  record: sizeOf([{ kind: 'step.recorded', stepSeq: 1, attempt: 1, operations: taskOperations() }]),
  step: sizeOf([completed({ kind: 'step', step: 'second', input: undefined }), stepStarted(2)]),
  end: sizeOf([completed({ kind: 'complete', result: STATE })]),
};

function stepStarted(stepSeq: number): object {
  const workerId = '3b241101-e2bb-4255-8caf-4136c566a962';
  return { kind: 'step.started', stepSeq, attempt: 1, workerId, timeoutMs: undefined, retry: undefined };
}

function completed(directive: object): object {
  return {
    kind: 'step.completed',
    stepSeq: 1,
    attempt: 1,
    operations: [],
    directive,
    updates: [['state', STATE]],
  };
}

function sizeOf(events: object[]): EntrySize {
  const entry = { runId: '01ARZ3NDEKTSV4RRFFQ69G5FAV', at: Date.now(), events };
  const one = encodeMessage([entry]).length;
  const many = encodeMessage(Array.from({ length: 101 }, () => entry)).length;
  const another = Math.round((many - one) / 100);
  return { another, shape: one - another };
}
