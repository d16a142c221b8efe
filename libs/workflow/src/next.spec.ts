import 'reflect-metadata';
import { InvalidInputError, InvalidWorkflowError } from '@ground-control/protocol';
import { describe, expect, it } from 'vitest';
import { planOf } from './directive.js';
import { NextBuilder, type StepHandler } from './next.js';
import { Start } from './start.decorator.js';
import { Step } from './step.decorator.js';

class OrderWorkflow {
  @Start() async start(): Promise<void> {}
  @Step({ name: 'send' }) async ship(): Promise<void> {}
  async helper(): Promise<void> {}
}
class Other {
  @Step() async elsewhere(): Promise<void> {}
}

const { ship, start, helper } = OrderWorkflow.prototype;
const next = new NextBuilder({
  className: 'OrderWorkflow',
  steps: new Set(['send']),
  events: new Set(['paid']),
});

describe('ctx.next', () => {
  it('finds the name of a step on its method', () => {
    expect(planOf(next.step(ship, { a: 1 }, { delay: '1h', reply: 'ok' }))).toEqual({
      kind: 'step',
      step: 'send',
      input: { a: 1 },
      delay: '1h',
      reply: 'ok',
    });
  });

  it.each<[string, unknown]>([
    ['the start handler', start],
    ['a method that is no handler', helper],
    ['a bound method', ship.bind(new OrderWorkflow())],
    ['a step of another workflow', Other.prototype.elsewhere],
    ['something else', 'send'],
  ])('refuses %s as a step, with class and cure', (_what, handler) => {
    const go = (): unknown => next.step(handler as StepHandler);
    expect(go).toThrow(InvalidWorkflowError);
    expect(go).toThrow(/OrderWorkflow: ctx\.next\.step .* Put @Step\(\)/);
  });

  it('waits for events that are handled, with a time limit', () => {
    expect(planOf(next.wait({ timeout: '1d', onTimeout: ship, events: ['paid'] }))).toEqual({
      kind: 'wait',
      timeout: '1d',
      onTimeout: 'send',
      events: ['paid'],
      reply: undefined,
    });
    expect(() => next.wait({ events: ['lost'] })).toThrow(/event "lost", which nothing handles/);
    expect(() => next.wait({ onTimeout: helper })).toThrow(InvalidWorkflowError);
  });

  it('refuses a delay or timeout that is none', () => {
    expect(() => next.step(ship, undefined, { delay: -1 })).toThrow(InvalidInputError);
    expect(() => next.wait({ timeout: 'later' as '1s' })).toThrow(InvalidInputError);
  });

  it('completes and fails', () => {
    const error = new Error('no');
    expect(planOf(next.complete(5))).toMatchObject({ kind: 'complete', result: 5 });
    expect(planOf(next.fail(error))).toEqual({ kind: 'fail', error });
    expect(next.complete().kind).toBe('complete');
  });

  it('makes what cannot be made otherwise', () => {
    expect(planOf({ kind: 'complete', plan: {} })).toBeUndefined();
    expect(planOf(undefined)).toBeUndefined();
  });
});
