/** What is measured. The first five run on every engine. */
export type WorkloadName = 'W1' | 'W2' | 'W3' | 'W4' | 'W5' | 'W6' | 'W7' | 'W8' | 'W9';

/** What a client may be asked to run: the workloads of all engines, and the pieces of Ground Control's own. */
export type RunKind = 'W1' | 'W2' | 'W3' | 'W4' | 'W5' | 'loop' | 'start' | 'wait';

export const DESCRIPTIONS: Record<WorkloadName, string> = {
  W1: 'one step, one task',
  W2: 'three steps of one task each, a store write in each',
  W3: 'ten tasks, one after the other, in one step',
  W4: 'ten tasks in parallel in one step',
  W5: 'waits for an event that the client sends, then completes',
  W6: 'W2 while very many runs wait',
  W7: 'one run of very many looping steps',
  W8: 'starts alone',
  W9: 'W2 on three nats-servers with three copies of every stream',
};

export const WORKLOADS: readonly WorkloadName[] = Object.keys(DESCRIPTIONS) as WorkloadName[];

/** The tasks that each run of a kind carries out. */
export const TASKS: Record<'W1' | 'W2' | 'W3' | 'W4' | 'W5', number> = {
  W1: 1,
  W2: 3,
  W3: 10,
  W4: 10,
  W5: 0,
};

/** How many tasks W3 and W4 have. */
export const MANY_TASKS = 10;

/** The input of a run, the argument of a task, the value in the store, the payload of an event: about 200 bytes. */
export interface Payload {
  id: string;
  customer: string;
  note: string;
}

/** The small object that a task returns. */
export interface TaskResult {
  ok: true;
  amount: number;
}

/** The result of a run: what it was given, and how many tasks it saw the results of. */
export interface RunResult extends Payload {
  tasks: number;
}

export function payloadOf(id: string): Payload {
  return { id, customer: 'customer-4711', note: 'n'.repeat(120) };
}

/** What every task of every engine does. */
export function work(payload: Payload): TaskResult {
  return { ok: true, amount: payload.note.length };
}

/** @throws Error unless the result is that of a run of this id which carried out all of its tasks */
export function assertResult(kind: keyof typeof TASKS, id: string, result: unknown): void {
  const { id: actualId, tasks } = (result ?? {}) as Partial<RunResult>;
  if (actualId === id && tasks === TASKS[kind]) return;
  throw new Error(`${kind} ${id} ended with ${JSON.stringify(result)}.`);
}
