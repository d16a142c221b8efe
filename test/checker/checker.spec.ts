import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from '@ground-control/protocol';
import { check, type FinalRun, type Rule } from './checker.js';
import { type Asked, ClientLog, type LedgerEntry, type LogLine, type Told } from './client-log.js';
import { HistoryWalk } from './history-walk.js';

type Unnumbered = HistoryEvent extends infer E ? (E extends unknown ? Omit<E, 'seq' | 'at'> : never) : never;

const scope = { step: 'start', attempt: 1, workerId: 'w1' };
const handler = { step: 'go', attempt: 1, workerId: 'w1' };
const task = { ...scope, op: 0, task: 'charge', args: ['o'] };

/** A run that does a task, waits for an event, is asked an update and completes. */
const WHOLE: Unnumbered[] = [
  { kind: 'run.started', workflowId: 'order', workflowType: 'Order', input: 7 },
  { kind: 'step.started', ...scope, input: 7 },
  { kind: 'task.started', ...task },
  { kind: 'task.completed', ...task, result: 'paid', durationMs: 1 },
  { kind: 'step.completed', ...scope, directive: 'wait' },
  { kind: 'wait.started' },
  { kind: 'update.received', update: 'add', payload: 1 },
  { kind: 'step.started', ...handler, step: 'add', input: 1 },
  { kind: 'step.completed', ...handler, step: 'add', directive: 'wait' },
  { kind: 'wait.started' },
  { kind: 'event.received', event: 'go', payload: 'now' },
  { kind: 'step.started', ...handler, input: 'now' },
  { kind: 'step.completed', ...handler, directive: 'complete' },
  { kind: 'run.completed', result: 'done' },
];

const run = { workflowId: 'order', runId: 'r1' };
const CALLS: [Asked, Told][] = [
  [
    { kind: 'start', workflowId: 'order', workflowType: 'Order', input: 7 },
    { kind: 'done', value: 'r1' },
  ],
  [
    { kind: 'update', ...run, update: 'add', payload: 1, updateId: 'u1' },
    { kind: 'done', value: 8 },
  ],
  [
    { kind: 'history', ...run },
    { kind: 'done', value: numbered(WHOLE).slice(0, 6) },
  ],
  [{ kind: 'send', ...run, event: 'go', payload: 'now' }, { kind: 'done' }],
  [
    { kind: 'result', ...run },
    { kind: 'done', value: 'done' },
  ],
];

const LEDGER: LedgerEntry[] = [
  { what: 'started', runId: 'r1', key: 'r1/1/0', attempt: 1 },
  { what: 'returned', runId: 'r1', key: 'r1/1/0', attempt: 1, value: 'paid' },
];

function numbered(events: Unnumbered[]): HistoryEvent[] {
  return events.map((event, index) => ({ ...event, seq: index + 1, at: new Date(index) }));
}

function logOf(calls: [Asked, Told][], ledger: LedgerEntry[] = LEDGER): ClientLog {
  const lines = calls.flatMap(([asked, answer], index): LogLine[] => [
    { type: 'asked', call: `c${index}`, asked },
    { type: 'told', call: `c${index}`, told: answer },
  ]);
  return new ClientLog([...lines, ...ledger.map((entry) => ({ type: 'ledger', ...entry }) as const)]);
}

interface World {
  calls?: [Asked, Told][];
  ledger?: LedgerEntry[];
  history?: Unnumbered[];
  others?: FinalRun[];
}

function brokenRules({ calls = CALLS, ledger, history = WHOLE, others = [] }: World): Rule[] {
  const runs = [{ ...run, history: numbered(history) }, ...others];
  const violations = check({ log: logOf(calls, ledger), runs, settled: true });
  return [...new Set(violations.map(({ rule }) => rule))];
}

/** The history with one event replaced by others. */
function replaced(index: number, ...events: Unnumbered[]): Unnumbered[] {
  return WHOLE.toSpliced(index, 1, ...events);
}

function told(index: number, answer: Told): [Asked, Told][] {
  return CALLS.map(([asked, was], at) => [asked, at === index ? answer : was]);
}

const event = (index: number): Unnumbered => {
  const found = WHOLE[index];
  if (!found) throw new Error(`no event ${index}`);
  return found;
};

describe('a whole log', () => {
  it('breaks no rule', () => {
    expect(brokenRules({})).toEqual([]);
  });

  it('breaks none with calls of which nobody knows the fate', () => {
    for (const index of CALLS.keys()) {
      expect(brokenRules({ calls: told(index, { kind: 'unknown' }) })).toEqual([]);
    }
  });

  it('may lack what was asked and never answered', () => {
    const calls: [Asked, Told][] = [
      ...CALLS,
      [{ kind: 'send', ...run, event: 'go', payload: 'again' }, { kind: 'unknown' }],
      [{ kind: 'start', workflowId: 'other', workflowType: 'Order' }, { kind: 'unknown' }],
    ];
    expect(brokenRules({ calls })).toEqual([]);
  });
});

describe('a corrupted log', () => {
  const start: [Asked, Told] = [
    { kind: 'start', workflowId: 'other', workflowType: 'Order' },
    { kind: 'done', value: 'r9' },
  ];
  const refusal = (code: string): Told => ({ kind: 'refused', code });
  const [, returned] = LEDGER as [LedgerEntry, LedgerEntry];
  const again: LedgerEntry = { what: 'started', runId: 'r1', key: 'r1/1/0', attempt: 1 };
  const second = { ...run, runId: 'r2', history: numbered(WHOLE) };
  const child: Unnumbered = {
    kind: 'child.completed',
    workflowId: 'c',
    runId: 'c1',
    status: 'completed',
    result: 1,
  };
  const childRun: FinalRun = {
    workflowId: 'c',
    runId: 'c1',
    history: numbered([
      { kind: 'run.started', workflowId: 'c', workflowType: 'C', input: 0, parent: { ...run } },
      { kind: 'step.started', ...scope, input: 0 },
      { kind: 'step.completed', ...scope, directive: 'complete' },
      { kind: 'run.completed', result: 2 },
    ]),
  };

  it.each<[string, Rule, World]>([
    ['lacks a run whose start was acknowledged', 'lost', { calls: [...CALLS, start] }],
    [
      'lacks an event that was acknowledged',
      'lost',
      { calls: [...CALLS, [{ kind: 'send', ...run, event: 'go', payload: 'x' }, { kind: 'done' }]] },
    ],
    [
      'lacks an update that was acknowledged',
      'lost',
      { calls: [...CALLS, [{ kind: 'update', ...run, update: 'add', payload: 2 }, { kind: 'done' }]] },
    ],
    [
      'lacks an update that was rejected',
      'lost',
      {
        calls: [
          ...CALLS,
          [{ kind: 'update', ...run, update: 'add', payload: 2 }, refusal('UPDATE_REJECTED')],
        ],
      },
    ],
    [
      'lacks a cancel that was acknowledged',
      'lost',
      { calls: [...CALLS, [{ kind: 'cancel', ...run }, { kind: 'done' }]] },
    ],
    [
      'lacks a terminate that was acknowledged',
      'lost',
      { calls: [...CALLS, [{ kind: 'terminate', ...run }, { kind: 'done' }]] },
    ],
    ['lacks the run of a child that ended', 'lost', { history: replaced(5, event(5), child) }],
    ['has an event twice', 'doubled', { history: replaced(10, event(10), event(10)) }],
    ['has a run that nobody started', 'doubled', { calls: CALLS.slice(1) }],
    ['has two runs of one start', 'doubled', { others: [second] }],
    [
      'has another input than was started',
      'told wrong',
      { history: replaced(0, { ...event(0), input: 8 } as Unnumbered) },
    ],
    [
      'has another result than a client got',
      'told wrong',
      { calls: told(4, { kind: 'done', value: 'other' }) },
    ],
    [
      'has a result where a client was told of a failure',
      'told wrong',
      { calls: told(4, refusal('WORKFLOW_FAILED')) },
    ],
    [
      'answers an update in two ways',
      'told wrong',
      { calls: [...CALLS, [CALLS[1]?.[0] as Asked, { kind: 'done', value: 9 }]] },
    ],
    [
      'has another outcome of a child than its parent',
      'told wrong',
      { history: replaced(5, event(5), child), others: [childRun] },
    ],
    [
      'has a task that returned two results',
      'told wrong',
      { ledger: [...LEDGER, { ...returned, attempt: 2, value: 'other' }] },
    ],
    [
      'was seen otherwise before',
      'rewritten',
      { calls: told(2, { kind: 'done', value: [{ kind: 'run.started', seq: 1 }] }) },
    ],
    [
      'was seen longer before',
      'rewritten',
      { calls: told(2, { kind: 'done', value: numbered([...WHOLE, event(13)]) }) },
    ],
    ['runs a body again', 'run again', { ledger: [...LEDGER, again] }],
    ['runs a body again in a later attempt', 'run again', { ledger: [...LEDGER, { ...again, attempt: 2 }] }],
    ['ends while a step is to be run', 'stuck', { history: WHOLE.slice(0, 1), calls: CALLS.slice(0, 1) }],
    ['ends while a worker has a step', 'stuck', { history: WHOLE.slice(0, 4), calls: CALLS.slice(0, 1) }],
    [
      'ends in a wait with its event there',
      'stuck',
      { history: WHOLE.slice(0, 11), calls: CALLS.slice(0, 4) },
    ],
  ])('that %s breaks "%s"', (_what, rule, world) => {
    expect(brokenRules(world)).toContain(rule);
  });

  it('may show a body that a fenced worker began late', () => {
    const late = { ...again, attempt: 1 };
    const ledger = [{ ...again, attempt: 2 }, { ...returned, attempt: 2 }, late];
    expect(brokenRules({ ledger })).toEqual([]);
  });

  it('does not call a run stuck that waits', () => {
    expect(brokenRules({ history: WHOLE.slice(0, 10), calls: CALLS.slice(0, 3) })).toEqual([]);
  });

  it('is refused where an answer has no question', () => {
    expect(() => new ClientLog([{ type: 'told', call: 'c', told: { kind: 'done' } }])).toThrow('never made');
  });
});

describe('a walk of the state machine', () => {
  const faultsOf = (history: Unnumbered[]): string[] => new HistoryWalk(numbered(history)).faults;

  it('takes attempts that failed, were lost and were done again', () => {
    const second = { ...scope, attempt: 2, workerId: 'w2' };
    const history: Unnumbered[] = [
      event(0),
      event(1),
      event(2),
      { kind: 'step.retried', ...scope, reason: 'worker lost', delayMs: 0 },
      { kind: 'step.started', ...second, input: 7 },
      { kind: 'step.failed', ...second, error: { type: 'Error', message: 'no' } },
      { kind: 'step.retried', ...second, reason: 'failed', delayMs: 5 },
      { kind: 'step.started', ...second, attempt: 3, input: 7 },
      { kind: 'step.completed', ...second, attempt: 3, directive: 'complete' },
      { kind: 'run.completed', result: 1 },
    ];
    expect(faultsOf(history)).toEqual([]);
  });

  it('takes a cancel in the midst of a step, and its handler', () => {
    const cancel = { ...scope, step: 'cancel' };
    const history: Unnumbered[] = [
      ...WHOLE.slice(0, 4),
      { kind: 'run.cancel_requested' },
      { kind: 'step.completed', ...scope, directive: 'complete' },
      { kind: 'step.started', ...cancel, input: null },
      { kind: 'step.completed', ...cancel, directive: 'complete' },
      { kind: 'run.cancelled' },
    ];
    expect(faultsOf(history)).toEqual([]);
  });

  it.each<[string, Unnumbered[]]>([
    ['a step that completes twice', replaced(4, event(4), event(4))],
    ['a task that completes twice', replaced(3, event(3), event(3))],
    [
      'a task that fails after it completed',
      replaced(3, event(3), {
        kind: 'task.failed',
        ...task,
        error: { type: 'E', message: '' },
        durationMs: 1,
      }),
    ],
    ['a report of another attempt', replaced(3, { ...event(3), attempt: 2 } as Unnumbered)],
    ['a report of another worker', replaced(3, { ...event(3), workerId: 'w2' } as Unnumbered)],
    ['a step that begins in another', replaced(2, event(1))],
    ['a first attempt that is the second', replaced(1, { ...event(1), attempt: 2 } as Unnumbered)],
    ['another step than start at first', replaced(1, { ...event(1), step: 'go' } as Unnumbered)],
    ['a step for an event that did not come', replaced(10)],
    ['an event after the end', [...WHOLE, event(10)]],
    ['a second start', replaced(1, event(0))],
    ['no start', WHOLE.slice(1)],
    ['an end that no step decided', replaced(12, { ...event(12), directive: 'step' } as Unnumbered)],
    ['no end where a step decided it', replaced(13, { kind: 'step.started', ...handler, input: 1 })],
    ['a cancelled run that nobody cancelled', replaced(13, { kind: 'run.cancelled' })],
    [
      'two requests to cancel',
      replaced(9, event(9), { kind: 'run.cancel_requested' }, { kind: 'run.cancel_requested' }),
    ],
    [
      'a wait that ends while none is',
      replaced(4, event(4), event(5), { kind: 'wait.timed_out' }, { kind: 'wait.timed_out' }),
    ],
    [
      'a retry of an attempt that is not there',
      replaced(
        1,
        { kind: 'step.retried', ...scope, reason: '', delayMs: 0 },
        { kind: 'step.retried', ...scope, reason: '', delayMs: 0 },
      ),
    ],
  ])('refuses %s', (_what, history) => {
    expect(faultsOf(history)).not.toEqual([]);
  });

  it('refuses a gap', () => {
    const history = numbered(WHOLE).toSpliced(3, 1);
    expect(new HistoryWalk(history).faults).not.toEqual([]);
  });
});
