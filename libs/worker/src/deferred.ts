/** A promise that is settled from outside. */
export class Deferred<T> {
  declare resolve: (value: T) => void;
  declare reject: (error: unknown) => void;
  readonly promise: Promise<T>;

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

export function deferred<T>(): Deferred<T> {
  return new Deferred<T>();
}

/**
 * What a call of a step that is over returns. A rejection could be caught and the call made again, in a loop that never
 * lets go of the event loop; this way the code that is left behind is just collected. Each call gets its own, since one
 * shared by all would keep all that wait for it.
 */
export function never(): Promise<never> {
  return new Promise<never>(() => {});
}

/** Rejects without ending the process when nobody awaits the promise: one run's forgotten `await` must not end all. */
export function rejectQuietly<T>(outcome: Deferred<T>, thrown: unknown): void {
  outcome.promise.catch(() => {});
  outcome.reject(thrown);
}

/** A rejected promise that nobody needs to await. */
export function rejection(thrown: unknown): Promise<never> {
  const outcome = deferred<never>();
  rejectQuietly(outcome, thrown);
  return outcome.promise;
}
