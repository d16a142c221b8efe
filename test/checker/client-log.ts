/**
 * What was asked of the system, in the words of the client's calls. Values must survive JSON. Where the caller chose an
 * id (the `runId` of a start, `eventId`, `updateId`), calls of the same one ask for one thing.
 */
export type Asked =
  | { kind: 'start'; workflowId: string; workflowType: string; input?: unknown; runId?: string }
  | { kind: 'send'; workflowId: string; runId: string; event: string; payload?: unknown; eventId?: string }
  | {
      kind: 'update';
      workflowId: string;
      runId: string;
      update: string;
      payload?: unknown;
      updateId?: string;
    }
  | { kind: 'result' | 'cancel' | 'terminate' | 'history'; workflowId: string; runId: string };

/** What the caller was told. A call without an answer may have had its effect or not. */
export type Told =
  /** `start`: the run id; `result` and `update`: the value; `history`: the events. */
  | { kind: 'done'; value?: unknown }
  /** A named refusal; of a `result`, the code of how the run ended. */
  | { kind: 'refused'; code: string }
  /** The caller gave up, or nobody was there. */
  | { kind: 'unknown'; code?: string };

/** What the body of a task and its caller note outside of the system, at once and for good. */
export interface LedgerEntry {
  /** The body has begun, or its result has come back to the workflow. */
  what: 'started' | 'returned';
  runId: string;
  /** The task's idempotency key: the same for every attempt of one call. */
  key: string;
  /** The attempt of the step. */
  attempt: number;
  value?: unknown;
}

/** One line of a client's log. */
export type LogLine =
  | { type: 'asked'; call: string; asked: Asked }
  | { type: 'told'; call: string; told: Told }
  | ({ type: 'ledger' } & LedgerEntry);

/** A call with its answer, and when each was written: the numbers of their lines. */
export interface Call {
  asked: Asked;
  told: Told;
  askedAt: number;
  /** Infinity while there is no answer. */
  toldAt: number;
}

/** The log of all clients and of the far end of all tasks, in the order in which it was written. */
export class ClientLog {
  readonly ledger: LedgerEntry[] = [];
  private readonly byId = new Map<string, Call>();
  private lines = 0;

  /** @param lines those of a log that was written by others, for example in files */
  constructor(lines: Iterable<LogLine> = []) {
    for (const line of lines) this.add(line);
  }

  add(line: LogLine): void {
    this.lines += 1;
    switch (line.type) {
      case 'asked':
        this.byId.set(line.call, {
          asked: line.asked,
          told: { kind: 'unknown' },
          askedAt: this.lines,
          toldAt: Infinity,
        });
        return;
      case 'told': {
        const call = this.byId.get(line.call);
        if (!call) throw new Error(`call ${line.call} was answered and never made`);
        call.told = line.told;
        call.toldAt = this.lines;
        return;
      }
      case 'ledger':
        this.ledger.push(line);
    }
  }

  get calls(): Call[] {
    return [...this.byId.values()];
  }
}
