import 'reflect-metadata';
import { InvalidInputError } from '@ground-control/protocol';
import { SetMetadata } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { type CurrentTask, runAsStep, runAsTask, runOutsideSteps, type TaskRunner } from './task-scope.js';
import { TaskContext } from './task-context.js';
import { Task, taskOf } from './task.decorator.js';

class Payments {
  private readonly currency = 'EUR';

  @SetMetadata('above', 1)
  @Task({ name: 'charge card', timeout: '10s', retry: { maxAttempts: 3, nonRetryableErrors: [TypeError] } })
  @SetMetadata('below', 2)
  async charge(orderId: string, amount: number): Promise<string> {
    return `${orderId} ${amount} ${this.currency}`;
  }

  @Task() refund(): Promise<string> {
    return Promise.resolve('refunded');
  }

  @Task() synchronous(): string {
    return 'now';
  }

  @Task({ timeout: 'soon' as '1s' }) async misconfigured(): Promise<void> {}
}

const payments = new Payments();

describe('@Task', () => {
  it('is the plain method outside a step', async () => {
    await expect(payments.charge('o-1', 5)).resolves.toBe('o-1 5 EUR');
    expect(payments.synchronous()).toBe('now');
  });

  it('hands the call to the step that makes it, with its arguments and its body', async () => {
    const calls: unknown[] = [];
    const runner: TaskRunner = {
      runTask: async (task, args, body) => {
        calls.push([task.name, args]);
        return body();
      },
    };
    const result = await runAsStep(runner, async () => {
      await Promise.resolve();
      return payments.charge('o-1', 5);
    });
    expect(result).toBe('o-1 5 EUR');
    expect(calls).toEqual([['charge card', ['o-1', 5]]]);
  });

  it('is the plain method within the body of another task, and outside of steps', async () => {
    const refuse: TaskRunner = { runTask: () => Promise.reject(new Error('recorded')) };
    const inTask = runAsStep(refuse, () => runAsTask({} as CurrentTask, () => payments.refund()));
    const outside = runAsStep(refuse, () => runOutsideSteps(() => payments.refund()));
    await expect(inTask).resolves.toBe('refunded');
    await expect(outside).resolves.toBe('refunded');
  });

  it('keeps name, arity and the metadata of decorators above and below it', () => {
    const method = Payments.prototype.charge;
    expect([method.name, method.length]).toEqual(['charge', 2]);
    expect(Reflect.getMetadata('above', method)).toBe(1);
    expect(Reflect.getMetadata('below', method)).toBe(2);
    expect(Reflect.getMetadata('design:paramtypes', Payments.prototype, 'charge')).toEqual([String, Number]);
  });

  it('knows its definition', () => {
    const task = taskOf(Payments.prototype.charge);
    expect(task?.definition).toMatchObject({
      name: 'charge card',
      timeoutMs: 10_000,
      retry: { maxAttempts: 3, initialDelayMs: 100, nonRetryableErrors: ['TypeError'] },
    });
    expect(task?.errorClasses).toEqual([TypeError]);
    expect(taskOf(Payments.prototype.refund)?.name).toBe('refund');
    expect(() => taskOf(Payments.prototype.misconfigured)?.definition).toThrow(/timeout: "soon"/);
  });

  it('tells an async method, or one declared to return a promise, from one that is neither', () => {
    const isAsync = (method: object): boolean | undefined => taskOf(method)?.isAsync;
    expect(isAsync(Payments.prototype.charge)).toBe(true);
    expect(isAsync(Payments.prototype.refund)).toBe(true);
    expect(isAsync(Payments.prototype.synchronous)).toBe(false);
  });
});

describe('TaskContext', () => {
  it('is that of the task whose body asks', async () => {
    const context = { attempt: 2 } as CurrentTask;
    const found = await runAsTask(context, async () => {
      await Promise.resolve();
      return TaskContext.current();
    });
    expect(found).toBe(context);
  });

  it('is an error outside of a task, and nothing for who expects that', () => {
    expect(() => TaskContext.current()).toThrow(InvalidInputError);
    expect(TaskContext.find()).toBeUndefined();
  });
});
