import type { Directive, StepOutcome } from '@ground-control/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunCommand } from './commands.js';
import { DrivenRun } from './engine.fixture.js';
import { HistoryProjection } from './history.js';
import { isCurrent, isEnded } from './state.js';

const name = fc.constantFrom('a', 'b');
const value = fc.option(fc.uint8Array({ maxLength: 3 }), { nil: undefined });
const small = fc.integer({ min: 0, max: 3 });
const error = fc.constant({ type: 'E', message: 'm' });

const directive: fc.Arbitrary<Directive> = fc.oneof(
  fc.record({
    kind: fc.constant('step' as const),
    step: name,
    input: value,
    delayMs: fc.constantFrom(undefined, 50),
  }),
  fc.record({
    kind: fc.constant('wait' as const),
    timeoutMs: fc.constantFrom(undefined, 80),
    onTimeout: fc.option(name, { nil: undefined }),
    events: fc.constantFrom<string[] | undefined>(undefined, ['a']),
  }),
  fc.record({ kind: fc.constant('complete' as const), result: value }),
  fc.record({ kind: fc.constant('fail' as const), error }),
);

const outcome: fc.Arbitrary<StepOutcome> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('directive' as const),
      directive,
      updates: fc.array(fc.tuple(name, fc.option(fc.uint8Array({ maxLength: 2 }))), { maxLength: 2 }),
    }),
  },
  fc.record({ kind: fc.constant('failed' as const), error, retryInMs: fc.constantFrom(undefined, 30) }),
  fc.record({
    kind: fc.constant('released' as const),
    reason: fc.constant('r'),
    retryInMs: fc.option(fc.constant(10), { nil: undefined }),
  }),
);

const operations = fc.array(
  fc.record({ kind: fc.constant('now.recorded' as const), op: small, at: small, value: small }),
  { maxLength: 3 },
);
const ref = { stepSeq: fc.integer({ min: 1, max: 4 }), attempt: fc.integer({ min: 1, max: 3 }) };

const command: fc.Arbitrary<RunCommand> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('assign' as const),
      workerId: fc.constantFrom('w1', 'w2'),
      timeoutMs: fc.constantFrom(undefined, 60),
      retry: fc.constant(undefined),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      ...ref,
      offset: small,
      operations,
      outcome,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('record' as const), ...ref, offset: small, operations }),
  },
  fc.record({ kind: fc.constant('release' as const), ...ref, reason: fc.constant('lost') }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      id: fc.constantFrom('1', '2', '3'),
      event: name,
      payload: value,
      known: fc.boolean(),
    }),
  },
  fc.record({
    kind: fc.constant('update' as const),
    id: fc.constantFrom('u1', 'u2'),
    update: name,
    payload: value,
    known: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('cancel' as const), reason: fc.constant(undefined), handler: fc.boolean() }),
  { weight: 2, arbitrary: fc.constant({ kind: 'tick' as const }) },
);

const script = fc.array(fc.tuple(command, fc.constantFrom(0, 10, 100)), { maxLength: 60 });

/** Runs the commands one by one and calls back before and after each. */
function play(
  steps: [RunCommand, number][],
  check: (run: DrivenRun, what: RunCommand, act: () => unknown) => void,
): DrivenRun {
  const run = DrivenRun.started({ timeoutMs: 1_500 });
  for (const [what, advance] of steps) {
    run.now += advance;
    check(run, what, () => run.do(structuredClone(what)));
  }
  return run;
}

describe('any sequence of commands', () => {
  it('gives events whose replay is the state', () => {
    fc.assert(
      fc.property(script, (steps) => {
        const run = play(steps, (_run, _what, act) => act());
        expect(run.replayed()).toEqual(run.state);
      }),
      { numRuns: 500 },
    );
  });

  it('never lets a report of a stale attempt change anything (invariant 5)', () => {
    fc.assert(
      fc.property(script, (steps) => {
        play(steps, (run, what, act) => {
          const stale =
            (what.kind === 'report' || what.kind === 'record' || what.kind === 'release') &&
            !isCurrent(run.current, what);
          const before = stale ? structuredClone(run.state) : undefined;
          act();
          expect(stale ? run.state : undefined).toEqual(before);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('applies no command twice (invariant 8)', () => {
    fc.assert(
      fc.property(script, (steps) => {
        play(steps, (run, what, act) => {
          act();
          if (what.kind === 'tick' || what.kind === 'assign') return;
          const before = structuredClone(run.state);
          act();
          expect(run.state).toEqual(before);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('never changes a run that has ended, but for striking what it owed', () => {
    fc.assert(
      fc.property(script, (steps) => {
        play(steps, (run, _what, act) => {
          const before = isEnded(run.current.status) ? structuredClone(run.state) : undefined;
          act();
          expect(before && run.state).toEqual(before);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('tells a history that is numbered without gaps and ends at most once', () => {
    fc.assert(
      fc.property(script, (steps) => {
        const run = play(steps, (_run, _what, act) => act());
        const projection = new HistoryProjection('01RUN');
        const history = run.log.flatMap(({ event, at }) => projection.apply(structuredClone(event), at));
        expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1));
        const ends = history.filter(({ kind }) =>
          /^run\.(completed|failed|cancelled|terminated|timed_out)$/.test(kind),
        );
        expect(ends).toHaveLength(isEnded(run.current.status) ? 1 : 0);
        expect(ends[0] ?? history.at(-1)).toBe(history.at(-1));
      }),
      { numRuns: 300 },
    );
  });
});
