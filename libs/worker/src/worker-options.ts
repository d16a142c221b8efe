import { hostname } from 'node:os';
import { assertName, type Duration, InvalidInputError, toMilliseconds } from '@ground-control/protocol';

/** How a worker serves. */
export interface WorkerOptions {
  /** The most steps that run at once. @defaultValue 100 */
  concurrency?: number | undefined;
  /** How long steps may go on when the application closes, before they are given back. @defaultValue '10s' */
  shutdownTimeout?: Duration | undefined;
  /** What the worker is called in listings. @defaultValue host and process id */
  identity?: string | undefined;
  /**
   * What becomes of a run whose step, replayed, does something else than it did before: it fails, or its step waits,
   * tried again now and then, until a worker comes whose code does what was recorded.
   *
   * @defaultValue 'fail'
   */
  onNonDeterminism?: 'fail' | 'wait' | undefined;
}

const POLICIES: ReadonlySet<unknown> = new Set(['fail', 'wait']);

/** {@link WorkerOptions} with the defaults filled in. */
export interface ResolvedWorkerOptions {
  concurrency: number;
  shutdownTimeoutMs: number;
  identity: string;
  onNonDeterminism: 'fail' | 'wait';
}

/** @throws InvalidInputError naming the option that is not valid */
export function resolveWorkerOptions(options: WorkerOptions = {}): ResolvedWorkerOptions {
  const { concurrency = 100, shutdownTimeout = '10s', onNonDeterminism = 'fail' } = options;
  const { identity = `${hostname()}:${process.pid}` } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new InvalidInputError(
      `worker.concurrency must be a whole number of 1 or more, not ${concurrency}.`,
    );
  }
  assertName(identity, 'worker.identity');
  if (!POLICIES.has(onNonDeterminism)) {
    throw new InvalidInputError(`worker.onNonDeterminism must be 'fail' or 'wait', not ${onNonDeterminism}.`);
  }
  return {
    concurrency,
    shutdownTimeoutMs: toMilliseconds(shutdownTimeout, 'worker.shutdownTimeout'),
    identity,
    onNonDeterminism,
  };
}
