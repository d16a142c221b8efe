import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { LeaderWorld, settle } from './leader-world.fixture.js';

/** How many requests the handlers get; `npm run fuzz -- --inputs N` gives more. */
const INPUTS = Number(process.env['FUZZ_INPUTS'] ?? 2_000);
const TIMEOUT_MS = 3_600_000;
/** How many requests one leader gets, before a new one shows that the last is well. */
const REQUESTS_A_LEADER = 200;

const KINDS = [
  'workflow.start',
  'workflow.result',
  'workflow.describe',
  'workflow.history',
  'workflow.send',
  'workflow.query',
  'workflow.update',
  'workflow.cancel',
  'workflow.terminate',
  'workflow.list',
  'partition.describe',
  'step.record',
  'step.result',
  'child.ended',
];
const few = (...names: string[]): fc.Arbitrary<string> => fc.constantFrom(...names);
const bytes = fc.uint8Array({ maxLength: 20 });
const nonsense = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  bytes,
  fc.constant(undefined),
  fc.constant(Number.NaN),
);
const operation = fc.record({
  kind: few('task.started', 'task.completed', 'child.started', 'x'),
  op: fc.integer(),
  at: fc.nat(),
  task: nonsense,
});
const outcome = fc.oneof(
  fc.record({
    kind: fc.constant('directive'),
    directive: fc.record({
      kind: few('step', 'wait', 'complete', 'fail', 'x'),
      step: few('ship', 'start', 'none'),
      input: bytes,
    }),
    updates: fc.array(fc.tuple(fc.string(), bytes), { maxLength: 2 }),
  }),
  fc.record({ kind: few('failed', 'released', 'x'), error: nonsense, reason: nonsense, retryInMs: nonsense }),
);
const fields: Record<string, fc.Arbitrary<unknown>> = {
  workflowId: few('a', 'b', ''),
  runId: few('r1', 'r2', 'r3'),
  workflowType: few('ProcessOrder', 'Unknown'),
  input: bytes,
  eventId: few('e1', 'e2'),
  event: few('paid', 'unknown'),
  updateId: few('u1', 'u2'),
  update: few('add', 'unknown'),
  query: few('status', 'unknown'),
  reason: fc.string(),
  after: fc.nat(5),
  limit: fc.nat(5),
  wait: fc.boolean(),
  stepSeq: fc.nat(3),
  attempt: fc.nat(3),
  offset: fc.nat(3),
  operations: fc.array(operation, { maxLength: 3 }),
  outcome,
  wantsNext: fc.boolean(),
  onConflict: few('fail', 'useExisting', 'terminateExisting', 'x'),
  reuse: few('allow', 'allowIfFailed', 'reject', 'x'),
  parent: nonsense,
  attributes: nonsense,
  status: nonsense,
  timeoutMs: nonsense,
  delayMs: nonsense,
};
/** Mostly what a field should be, sometimes anything. */
const request = fc
  .tuple(
    fc.constantFrom(...KINDS),
    fc.record(fields, { requiredKeys: ['workflowId', 'runId', 'stepSeq', 'attempt', 'offset'] }),
    fc.dictionary(fc.constantFrom(...Object.keys(fields)), nonsense, { maxKeys: 1 }),
  )
  .map(([kind, good, bad]) => ({ ...good, ...bad, kind }));

it(
  'whatever is asked of a leader has one answer at most, and harms nobody else',
  { timeout: TIMEOUT_MS },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { minLength: REQUESTS_A_LEADER, maxLength: REQUESTS_A_LEADER }),
        async (requests) => {
          const world = await LeaderWorld.start();
          world.register('w1');
          for (const [index, each] of requests.entries()) world.ask(`${index}`, each, 'w1');
          await settle();
          world.begin('sane', 'sane workflow', 'sane');
          await settle();
          expect(world.reply('sane')).toMatchObject({ kind: 'run.started', runId: 'sane' });
          for (const replies of world.replies.values()) expect(replies).toHaveLength(1);
          await world.leader.stop();
          // What was accepted can be replayed.
          const successor = await LeaderWorld.start(world.store);
          await successor.leader.stop();
        },
      ),
      { numRuns: Math.ceil(INPUTS / REQUESTS_A_LEADER) },
    );
  },
);
