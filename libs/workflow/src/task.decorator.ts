import 'reflect-metadata';
import { type Callable, copyMetadata } from './copy-metadata.js';
import { TASK_METADATA } from './metadata.constants.js';
import { TaskMetadata, type TaskOptions } from './task-metadata.js';
import { currentStep } from './task-scope.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Makes an async method of any provider a unit of work. Called within a step it is recorded in the run's history: once
 * it has completed it is never run again for that call. Called anywhere else, also within another task, it is the plain
 * method.
 *
 * @example
 * ```ts
 * @Task({ retry: { maxAttempts: 5, nonRetryableErrors: ['CardDeclinedError'] }, timeout: '10s' })
 * async charge(orderId: string, amount: number): Promise<string> { return this.gateway.charge(orderId, amount); }
 * ```
 */
export function Task(options: TaskOptions = {}): MethodDecorator {
  return <T>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<T>): void => {
    const method = descriptor.value as Method;
    const metadata = new TaskMetadata(options.name ?? String(key), isAsync(method, target, key), options);
    const recorded = recordedMethod(method, metadata);
    copyMetadata(method, recorded);
    Reflect.defineMetadata(TASK_METADATA, metadata, recorded);
    descriptor.value = recorded as T;
  };
}

/** What `@Task` said of a method, or undefined when it is no task. */
export function taskOf(method: object): TaskMetadata | undefined {
  return Reflect.getOwnMetadata(TASK_METADATA, method) as TaskMetadata | undefined;
}

function recordedMethod(method: Method, task: TaskMetadata): Callable {
  return function (this: unknown, ...args: unknown[]): unknown {
    const step = currentStep();
    if (!step) return method.apply(this, args);
    return step.runTask(task, args, () => method.apply(this, args));
  };
}

// A method that passes on the promise of another need not be `async`; its declared type tells.
function isAsync(method: Method, target: object, key: string | symbol): boolean {
  return (
    method.constructor.name === 'AsyncFunction' ||
    Reflect.getMetadata('design:returntype', target, key) === Promise
  );
}
