import type { HistoryEvent } from '@ground-control/protocol';
import type { Call, ClientLog, LedgerEntry } from './client-log.js';
import { HistoryWalk } from './history-walk.js';

/** The rules that a system must keep, whatever is done to it. */
export type Rule =
  /** What was acknowledged is there. */
  | 'lost'
  /** What was asked once happened once at most. */
  | 'doubled'
  /** A history is one that the state machine can make. */
  | 'illegal history'
  /** A history only grows. */
  | 'rewritten'
  /** No body begins after its result was recorded. */
  | 'run again'
  /** What a client was told is what the history says. */
  | 'told wrong'
  /** A run that can go on does. */
  | 'stuck';

/** A broken rule, and where. */
export interface Violation {
  rule: Rule;
  runId: string;
  message: string;
}

/** A run as the system tells it when all is over. */
export interface FinalRun {
  workflowId: string;
  runId: string;
  history: HistoryEvent[];
}

/** What is checked. */
export interface Evidence {
  log: ClientLog;
  /** Every run that the system knows. */
  runs: FinalRun[];
  /**
   * Whether the faults were over long enough for every run to have gone on as far as it can. Without it a run that
   * stands still is no violation.
   */
  settled: boolean;
  /**
   * Whether a leader that was replaced may answer questions for a moment, from what it knew: then a run that was
   * started just now may be unknown to it. @defaultValue false
   */
  staleReads?: boolean;
}

/** Code of the error with which a result is refused, by how the run ended. */
const CODES: Readonly<Record<string, string>> = {
  'run.failed': 'WORKFLOW_FAILED',
  'run.cancelled': 'WORKFLOW_CANCELLED',
  'run.terminated': 'WORKFLOW_TERMINATED',
  'run.timed_out': 'WORKFLOW_TIMED_OUT',
};

const ENDED: ReadonlySet<string> = new Set(Object.values(CODES));

/** Compares what clients asked and were told with the histories. @returns every broken rule; none when all is well */
export function check(evidence: Evidence): Violation[] {
  return new Check(evidence).run();
}

/** A violation as one line. */
export function inWords({ rule, runId, message }: Violation): string {
  return `${rule}: run ${runId}: ${message}`;
}

class Check {
  private readonly violations: Violation[] = [];
  private readonly runs = new Map<string, FinalRun>();
  private readonly callsByRun = new Map<string, Call[]>();

  constructor(private readonly evidence: Evidence) {
    for (const run of evidence.runs) this.runs.set(run.runId, run);
    for (const call of evidence.log.calls) {
      if (call.asked.kind === 'start') continue;
      const { runId } = call.asked;
      this.callsByRun.set(runId, [...(this.callsByRun.get(runId) ?? []), call]);
    }
  }

  run(): Violation[] {
    this.checkStarts();
    this.checkLedger();
    for (const [runId, calls] of this.callsByRun) {
      const done = calls.find(({ told }) => told.kind === 'done');
      if (done && !this.runs.has(runId)) this.violate('lost', runId, `${done.asked.kind} was acknowledged`);
    }
    for (const run of this.runs.values()) this.checkRun(run);
    return this.violations;
  }

  private checkStarts(): void {
    const asked = new Map<string, number>();
    for (const { asked: start, told } of merged(this.evidence.log.calls)) {
      if (start.kind !== 'start') continue;
      asked.set(start.workflowId, (asked.get(start.workflowId) ?? 0) + 1);
      if (told.kind === 'done') this.checkStarted(start, String(told.value));
    }
    for (const [workflowId, runs] of groupBy(this.runs.values(), (run) => run.workflowId)) {
      const started = runs.filter((run) => !isChild(run));
      const most = asked.get(workflowId) ?? 0;
      if (started.length > most)
        this.violate('doubled', runIds(started), `workflow ${workflowId} was started ${most} times`);
      const active = runs.filter((run) => new HistoryWalk(run.history).position !== 'ended');
      if (active.length > 1)
        this.violate('doubled', runIds(active), `workflow ${workflowId} is active twice`);
    }
  }

  private checkStarted(start: Extract<Call['asked'], { kind: 'start' }>, runId: string): void {
    const first = this.runs.get(runId)?.history[0];
    if (!first) return this.violate('lost', runId, `its start of ${start.workflowId} was acknowledged`);
    const { workflowId, workflowType, input } = start;
    const isSame =
      first.kind === 'run.started' &&
      same([first.workflowId, first.workflowType, first.input], [workflowId, workflowType, input]);
    if (!isSame) this.violate('told wrong', runId, `it is not what was started: ${text(first)}`);
  }

  private checkRun(run: FinalRun): void {
    const walk = new HistoryWalk(run.history);
    for (const fault of walk.faults) this.violate('illegal history', run.runId, fault);
    if (this.evidence.settled && walk.couldGoOn)
      this.violate('stuck', run.runId, `it is ${walk.position} after ${text(run.history.at(-1))}`);
    const calls = this.callsByRun.get(run.runId) ?? [];
    this.checkMessages(run, calls);
    for (const call of calls) this.checkCall(run, call);
    this.checkUpdates(run, calls);
    this.checkChildren(run);
  }

  /** Events and updates: each that was acknowledged is there, and none more often than it was sent. */
  private checkMessages(run: FinalRun, calls: Call[]): void {
    const known = new Map<string, { acknowledged: number; asked: number; there: number }>();
    const entry = (key: string): { acknowledged: number; asked: number; there: number } => {
      const found = known.get(key) ?? { acknowledged: 0, asked: 0, there: 0 };
      known.set(key, found);
      return found;
    };
    for (const call of merged(calls)) {
      const key = messageKey(call.asked);
      if (key === undefined) continue;
      const counted = entry(key);
      counted.asked += 1;
      if (wasTaken(call)) counted.acknowledged += 1;
    }
    for (const event of run.history) {
      if (event.kind === 'event.received') entry(text(['event', event.event, event.payload])).there += 1;
      if (event.kind === 'update.received') entry(text(['update', event.update, event.payload])).there += 1;
    }
    const sentByRuns = this.sentByRuns(run);
    for (const [key, { acknowledged, asked, there }] of known) {
      // A run that ends before its record is durable has sent an event of which its history says nothing.
      const most = asked + Math.max(sentByRuns.get(key) ?? 0, asked === 0 ? 1 : 0);
      if (there < acknowledged)
        this.violate(
          'lost',
          run.runId,
          `${key} was acknowledged ${acknowledged} times and is there ${there} times`,
        );
      if (there > most)
        this.violate('doubled', run.runId, `${key} was sent ${most} times and is there ${there} times`);
    }
  }

  /** What other runs sent to this one, by their histories. */
  private sentByRuns({ workflowId }: FinalRun): Map<string, number> {
    const sent = new Map<string, number>();
    for (const run of this.runs.values()) {
      for (const event of run.history) {
        if (event.kind !== 'parent.event_sent' || event.to !== workflowId) continue;
        const key = text(['event', event.event, event.payload]);
        sent.set(key, (sent.get(key) ?? 0) + 1);
      }
    }
    return sent;
  }

  private checkCall(run: FinalRun, call: Call): void {
    const { asked, told } = call;
    if (told.kind === 'refused' && told.code === 'WORKFLOW_NOT_FOUND') return this.checkNotFound(run, call);
    switch (asked.kind) {
      case 'result':
        return this.checkResult(run, told);
      case 'cancel':
        if (told.kind === 'done' && !run.history.some((event) => event.kind === 'run.cancel_requested'))
          this.violate('lost', run.runId, 'a cancel was acknowledged');
        return undefined;
      case 'terminate':
        if (told.kind === 'done' && run.history.at(-1)?.kind !== 'run.terminated')
          this.violate(
            'lost',
            run.runId,
            `a terminate was acknowledged, and it ends with ${text(run.history.at(-1))}`,
          );
        return undefined;
      case 'history':
        if (told.kind === 'done') this.checkSeen(run, told.value as HistoryEvent[]);
        return undefined;
      case 'start':
      case 'send':
      case 'update':
        return undefined;
    }
  }

  private checkResult(run: FinalRun, told: Call['told']): void {
    const end = run.history.at(-1);
    if (told.kind === 'done') {
      const isTrue = end?.kind === 'run.completed' && same(end.result, told.value);
      if (!isTrue)
        this.violate(
          'told wrong',
          run.runId,
          `a client got the result ${text(told.value)}, and it ends with ${text(end)}`,
        );
    }
    if (told.kind === 'refused' && ENDED.has(told.code) && CODES[end?.kind ?? ''] !== told.code)
      this.violate('told wrong', run.runId, `a client was told ${told.code}, and it ends with ${text(end)}`);
  }

  private checkNotFound(run: FinalRun, { askedAt }: Call): void {
    if (this.evidence.staleReads) return;
    const isKnown = this.evidence.log.calls.some(
      ({ asked, told, toldAt }) =>
        asked.kind === 'start' && told.kind === 'done' && told.value === run.runId && toldAt < askedAt,
    );
    if (isKnown)
      this.violate(
        'told wrong',
        run.runId,
        'a client was told that it is unknown after its start was acknowledged',
      );
  }

  /** A history that somebody has seen is the beginning of what it is now. */
  private checkSeen(run: FinalRun, seen: HistoryEvent[]): void {
    for (const [index, event] of seen.entries()) {
      if (same(event, run.history[index])) continue;
      const now = text(run.history[index]);
      return this.violate('rewritten', run.runId, `event ${index + 1} was ${text(event)} and is ${now}`);
    }
    return undefined;
  }

  /** Everybody who asks the same update gets the same answer. */
  private checkUpdates(run: FinalRun, calls: Call[]): void {
    const answers = new Map<string, unknown>();
    for (const { asked, told } of calls) {
      if (asked.kind !== 'update' || asked.updateId === undefined || told.kind !== 'done') continue;
      const { updateId } = asked;
      if (answers.has(updateId) && !same(answers.get(updateId), told.value))
        this.violate('told wrong', run.runId, `update ${updateId} was answered in two ways`);
      answers.set(updateId, told.value);
    }
  }

  private checkChildren(run: FinalRun): void {
    for (const event of run.history) {
      if (event.kind !== 'child.completed') continue;
      const end = this.runs.get(event.runId)?.history.at(-1);
      if (!end) this.violate('lost', event.runId, `its end was told to run ${run.runId}`);
      else if (end.kind !== `run.${event.status}`)
        this.violate(
          'told wrong',
          run.runId,
          `child ${event.runId} ended with ${end.kind}, not ${event.status}`,
        );
      else if (end.kind === 'run.completed' && !same(end.result, event.result))
        this.violate('told wrong', run.runId, `child ${event.runId} has another result: ${text(end.result)}`);
    }
  }

  /** A worker that was fenced may begin a body before it hears of that; no attempt that came later may. */
  private checkLedger(): void {
    for (const [key, entries] of groupBy(this.evidence.log.ledger, (entry) => entry.key)) {
      const [first] = entries;
      if (first) this.checkBody(key, first.runId, entries);
    }
  }

  private checkBody(key: string, runId: string, entries: LedgerEntry[]): void {
    let returned: LedgerEntry | undefined;
    for (const entry of entries) {
      if (entry.what === 'started') {
        if (returned && entry.attempt >= returned.attempt)
          this.violate('run again', runId, `the body of ${key} began after its result had come back`);
        continue;
      }
      if (returned && !same(returned.value, entry.value))
        this.violate(
          'told wrong',
          runId,
          `${key} returned ${text(returned.value)}, then ${text(entry.value)}`,
        );
      returned ??= entry;
    }
  }

  private violate(rule: Rule, runId: string, message: string): void {
    this.violations.push({ rule, runId, message });
  }
}

function groupBy<Item>(items: Iterable<Item>, keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** Calls that ask for one thing as one, with the answer that says most. */
function merged(calls: Call[]): Call[] {
  const groups = groupBy(calls, (call) => idOf(call.asked) ?? `call ${calls.indexOf(call)}`);
  return [...groups.values()].flatMap(
    (group) => group.find(wasTaken) ?? group.find(isUnknown) ?? group.slice(-1),
  );
}

function idOf(asked: Call['asked']): string | undefined {
  if (asked.kind === 'start') return asked.runId && `start ${asked.runId}`;
  if (asked.kind === 'send') return asked.eventId && `send ${asked.eventId}`;
  return asked.kind === 'update' && asked.updateId ? `update ${asked.updateId}` : undefined;
}

function isUnknown({ told }: Call): boolean {
  return told.kind === 'unknown';
}

/** An update that its handler rejected was received all the same. */
function wasTaken({ asked, told }: Call): boolean {
  return (
    told.kind === 'done' ||
    (asked.kind === 'update' && told.kind === 'refused' && told.code === 'UPDATE_REJECTED')
  );
}

function messageKey(asked: Call['asked']): string | undefined {
  if (asked.kind === 'send') return text(['event', asked.event, asked.payload]);
  if (asked.kind === 'update') return text(['update', asked.update, asked.payload]);
  return undefined;
}

function isChild({ history: [first] }: FinalRun): boolean {
  return first?.kind === 'run.started' && first.parent !== undefined;
}

function runIds(runs: FinalRun[]): string {
  return runs.map(({ runId }) => runId).join(', ');
}

/** Logs are kept as JSON, which knows no undefined: values are compared by their text. */
function same(a: unknown, b: unknown): boolean {
  return text(a) === text(b);
}

function text(value: unknown): string {
  return JSON.stringify(value ?? null);
}
