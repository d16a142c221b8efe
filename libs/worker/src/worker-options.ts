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
}

/** {@link WorkerOptions} with the defaults filled in. */
export interface ResolvedWorkerOptions {
  concurrency: number;
  shutdownTimeoutMs: number;
  identity: string;
}

/** @throws InvalidInputError naming the option that is not valid */
export function resolveWorkerOptions(options: WorkerOptions = {}): ResolvedWorkerOptions {
  const { concurrency = 100, shutdownTimeout = '10s', identity = `${hostname()}:${process.pid}` } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new InvalidInputError(
      `worker.concurrency must be a whole number of 1 or more, not ${concurrency}.`,
    );
  }
  assertName(identity, 'worker.identity');
  return {
    concurrency,
    shutdownTimeoutMs: toMilliseconds(shutdownTimeout, 'worker.shutdownTimeout'),
    identity,
  };
}
