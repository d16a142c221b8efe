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
  /**
   * The error classes by which callers of the task tell its failures apart: a replay in another process throws an
   * error of the same class. Those that the retry policy lists need not be listed again.
   *
   * @defaultValue none: a replay may throw a `TaskFailedError`, with the error's type, message and fields
   */
  errors?: readonly ErrorClass[] | undefined;
}

type ErrorClass = abstract new (...args: never[]) => Error;

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

  /** The error classes that it names: as such, or in its retry policy by class, not by text. */
  get errorClasses(): ErrorClass[] {
    const { errors = [], retry } = this.options;
    const { retryableErrors = [], nonRetryableErrors = [] } = retry ?? {};
    const listed = [...retryableErrors, ...nonRetryableErrors].filter((it) => typeof it !== 'string');
    return [...errors, ...listed];
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
