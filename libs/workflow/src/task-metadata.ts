import {
  assertName,
  type Duration,
  type ResolvedRetryPolicy,
  resolveRetryPolicy,
  type RetryPolicy,
  toMilliseconds,
} from '@ground-control/protocol';

export interface TaskOptions {
  /** The task's name in the run's history. @defaultValue the method's name */
  name?: string | undefined;
  /** Whether and when the task is tried again after an error. @defaultValue one attempt */
  retry?: RetryPolicy | undefined;
  /** The time that one attempt may take. @defaultValue none */
  timeout?: Duration | undefined;
}

/** A task's options with the defaults filled in. */
export interface TaskDefinition {
  name: string;
  retry: ResolvedRetryPolicy;
  timeoutMs: number | undefined;
}

/** What `@Task` said of a method. */
export class TaskMetadata {
  #definition: TaskDefinition | undefined;

  /** @param isAsync whether the method is `async` or declared to return a Promise */
  constructor(
    readonly name: string,
    readonly isAsync: boolean,
    private readonly options: TaskOptions,
  ) {}

  /** The error classes that its retry policy names by class, not by text. */
  get errorClasses(): (abstract new (...args: never[]) => Error)[] {
    const { retryableErrors = [], nonRetryableErrors = [] } = this.options.retry ?? {};
    return [...retryableErrors, ...nonRetryableErrors].filter((reference) => typeof reference !== 'string');
  }

  /** @throws InvalidInputError naming the option that is not valid */
  get definition(): TaskDefinition {
    return (this.#definition ??= this.#resolve());
  }

  #resolve(): TaskDefinition {
    assertName(this.name, 'The task name');
    const { retry, timeout } = this.options;
    return {
      name: this.name,
      retry: resolveRetryPolicy(retry),
      timeoutMs: timeout === undefined ? undefined : toMilliseconds(timeout, 'timeout'),
    };
  }
}
