import type { HistoryEvent } from '@ground-control/nestjs';
import { isChaos } from './chaos/run.fixture.js';

/** What short times of a run are multiplied with: where workers are killed, a step may wait for a lease before it runs. */
export const PACE: number = isChaos ? 20 : 1;

/** Why an attempt is taken from a worker that is dead. */
const LOST: ReadonlySet<string> = new Set(['worker lost', 'worker does not hold it']);

/** The most attempts of a step that a test's kills can cost. */
const MOST_LOST = 2;

/**
 * What user code did, told once each: a body that is killed before its record is durable rightly runs again, and so
 * does what a step does outside of tasks. Where nobody is killed nothing may run twice, and all of it is told.
 *
 * @param sameness what tells two entries apart, where not all of an entry does
 */
export function atLeastOnce<T>(ran: readonly T[], sameness: (entry: T) => unknown = (entry) => entry): T[] {
  if (!isChaos) return [...ran];
  const seen = new Set<string>();
  return ran.filter((entry) => {
    const key = JSON.stringify(sameness(entry));
    return !seen.has(key) && seen.add(key);
  });
}

/**
 * A history without the attempts that were lost with a killed worker, and numbered as if they had not been. Where
 * nobody is killed it is the whole history.
 */
export function undisturbed(history: readonly HistoryEvent[]): HistoryEvent[] {
  if (!isChaos) return [...history];
  const kept: HistoryEvent[] = [];
  let lost = 0;
  let current = '';
  let again = false;
  for (const event of history) {
    if (event.kind === 'step.retried' && LOST.has(event.reason)) {
      lost++;
      again = true;
      continue;
    }
    if (event.kind === 'step.started') {
      if (event.attempt === 1) lost = 0;
      current = event.step;
      if (again) {
        again = false;
        continue;
      }
    }
    const seq = kept.length + 1;
    const isOfStep = 'attempt' in event && event.step === current;
    kept.push(isOfStep ? { ...event, seq, attempt: event.attempt - lost } : { ...event, seq });
  }
  return kept;
}

/** The attempts of a step that were lost with a killed worker: none where nobody is killed. */
export function lostAttempts(history: readonly HistoryEvent[], step: string): number[] {
  return history.flatMap((event) =>
    isChaos && event.kind === 'step.retried' && event.step === step && LOST.has(event.reason)
      ? [event.attempt]
      : [],
  );
}

/** Matches the number of an attempt, which each kill of its worker makes greater. */
export function nthAttempt(number: number): unknown {
  if (!isChaos) return number;
  return {
    $$typeof: Symbol.for('jest.asymmetricMatcher'),
    asymmetricMatch: (other: unknown): boolean =>
      typeof other === 'number' && other >= number && other <= number + MOST_LOST,
    toString: () => `attempt ${number}, or as many more as workers were killed`,
    toAsymmetricMatcher: () => `attempt ${number} or, after kills, more`,
  };
}

/**
 * Checks what only a worker that lives can tell, for example that its signal aborted. Where workers are killed it is
 * not asked: who was to tell may be dead.
 */
export async function toldByTheLiving(check: () => unknown): Promise<void> {
  if (!isChaos) await check();
}
