import { type Duration, toMilliseconds } from './durations.js';
import { InvalidInputError } from './errors.js';

/** An error class, or the name of one. */
export type ErrorClassRef = string | (abstract new (...args: never[]) => Error);

/** When a failed task or step is tried again. */
export interface RetryPolicy {
  /** Attempts in all, the first included. @defaultValue 1 */
  maxAttempts?: number;
  /** Delay before the second attempt. @defaultValue '100ms' */
  initialDelay?: Duration;
  /** Factor by which the delay grows with each attempt. @defaultValue 2 */
  backoffMultiplier?: number;
  /** The longest delay. @defaultValue '5s' */
  maxDelay?: Duration;
  /** Share of the delay that is drawn at random: with 0.2 a delay of 10 s becomes 8 to 12 s. @defaultValue 0 */
  jitter?: number;
  /** Only errors of these classes are retried; all when absent. */
  retryableErrors?: ErrorClassRef[];
  /** Errors of these classes are never retried; wins over `retryableErrors`. */
  nonRetryableErrors?: ErrorClassRef[];
}

/** A {@link RetryPolicy} with its defaults filled in, as plain data. */
export interface ResolvedRetryPolicy {
  maxAttempts: number;
  initialDelayMs: number;
  backoffMultiplier: number;
  maxDelayMs: number;
  jitter: number;
  retryableErrors?: string[] | undefined;
  nonRetryableErrors?: string[] | undefined;
}

/** Fills in the defaults and checks the values. @throws InvalidInputError naming the field */
export function resolveRetryPolicy(policy: RetryPolicy = {}): ResolvedRetryPolicy {
  const resolved: ResolvedRetryPolicy = {
    maxAttempts: atLeast('maxAttempts', policy.maxAttempts ?? 1, 1),
    initialDelayMs: toMilliseconds(policy.initialDelay ?? 100, 'retry.initialDelay'),
    backoffMultiplier: atLeast('backoffMultiplier', policy.backoffMultiplier ?? 2, 1),
    maxDelayMs: toMilliseconds(policy.maxDelay ?? 5_000, 'retry.maxDelay'),
    jitter: atLeast('jitter', policy.jitter ?? 0, 0),
    retryableErrors: policy.retryableErrors?.map(errorClassName),
    nonRetryableErrors: policy.nonRetryableErrors?.map(errorClassName),
  };
  if (resolved.jitter > 1) throw new InvalidInputError(`retry.jitter: ${resolved.jitter} is above 1`);
  return resolved;
}

/**
 * The delay before the attempt after `attempt`, in milliseconds, or undefined when it was the last one
 * or its error is not to be retried.
 *
 * @param attempt the attempt that failed, counted from 1
 * @param errorTypes the failed error's class name and those of its superclasses
 * @param random a number in [0, 1) for the jitter; 0.5 means none
 */
export function retryDelayMs(
  policy: ResolvedRetryPolicy,
  attempt: number,
  errorTypes: readonly string[],
  random: number,
): number | undefined {
  if (attempt >= policy.maxAttempts) return undefined;
  if (policy.nonRetryableErrors?.some((name) => errorTypes.includes(name))) return undefined;
  if (policy.retryableErrors && !policy.retryableErrors.some((name) => errorTypes.includes(name)))
    return undefined;
  const delay = Math.min(
    policy.initialDelayMs * policy.backoffMultiplier ** (attempt - 1),
    policy.maxDelayMs,
  );
  return Math.round(delay * (1 + policy.jitter * (2 * random - 1)));
}

function errorClassName(reference: ErrorClassRef): string {
  return typeof reference === 'string' ? reference : reference.name;
}

function atLeast(field: string, value: number, least: number): number {
  if (Number.isFinite(value) && value >= least) return value;
  throw new InvalidInputError(`retry.${field}: ${value} is below ${least}`);
}
