import type { FinalRun } from '../../checker/index.js';
import type { OrderResult } from './order.workflow.js';

/** Whether the stores of completed orders hold what their histories say: each step's updates once, and in order. */
export function checkOrders(runs: FinalRun[]): string[] {
  return runs.flatMap((run) => {
    const [first] = run.history;
    const last = run.history.at(-1);
    if (first?.kind !== 'run.started' || first.workflowType !== 'Order' || last?.kind !== 'run.completed')
      return [];
    const result = last.result as OrderResult;
    const expected = expectedOf(run);
    const faults = (Object.keys(expected) as (keyof OrderResult)[]).filter(
      (field) => JSON.stringify(expected[field]) !== JSON.stringify(result[field]),
    );
    return faults.map(
      (field) =>
        `store: run ${run.runId}: ${field} is ${JSON.stringify(result[field])}, its history says ${JSON.stringify(expected[field])}`,
    );
  });
}

function expectedOf({ history }: FinalRun): OrderResult {
  const expected: OrderResult = { drawn: NaN, nonces: [], paid: [], total: 0 };
  // What a step has recorded counts when the step is done, under the number of its call.
  let recorded = new Map<number, number>();
  for (const event of history) {
    if (event.kind === 'step.started' && event.attempt === 1) recorded = new Map();
    if (event.kind === 'random.recorded') expected.drawn = event.value;
    if (event.kind === 'task.completed') recorded.set(event.op, (event.result as { nonce: number }).nonce);
    if (event.kind !== 'step.completed') continue;
    const nonces = [...recorded.entries()].toSorted(([a], [b]) => a - b).map(([, nonce]) => nonce);
    expected.nonces.push(...nonces);
  }
  const started = history.filter((event) => event.kind === 'step.started' && event.attempt === 1);
  for (const event of started) {
    if (event.kind !== 'step.started') continue;
    if (event.step === 'pay') expected.paid.push(event.input as string);
    if (event.step === 'add') expected.total += event.input as number;
  }
  return expected;
}
