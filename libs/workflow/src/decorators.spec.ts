import 'reflect-metadata';
import { Injectable, Scope, SetMetadata } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Context } from './context.js';
import { handlersOf } from './handler-metadata.js';
import { OnCancel } from './on-cancel.decorator.js';
import { OnEvent } from './on-event.decorator.js';
import { OnQuery } from './on-query.decorator.js';
import { OnUpdate } from './on-update.decorator.js';
import { Start } from './start.decorator.js';
import { Step } from './step.decorator.js';
import { WorkflowMetadataAccessor } from './workflow-metadata.accessor.js';
import { Workflow, workflowTypeOf } from './workflow.decorator.js';

@Workflow({ type: 'Process order. v2', timeout: '1h' })
class OrderWorkflow {
  @Start({ timeout: '30s' }) async start(): Promise<void> {}
  @Step() async ship(): Promise<void> {}
  @Step({ name: 'send invoice', retry: { maxAttempts: 3 } }) async invoice(): Promise<void> {}
  @OnEvent('order.cancelled') async cancelled(): Promise<void> {}
  @OnEvent({ timeout: '5s' }) async paid(): Promise<void> {}
  @OnEvent('a') @OnEvent('b') async either(): Promise<void> {}
  @OnQuery() async status(): Promise<void> {}
  @OnUpdate('address') async changeAddress(): Promise<void> {}
  @OnCancel() async undo(): Promise<void> {}
  async helper(): Promise<void> {}
}

const handlers = (method: keyof OrderWorkflow): unknown =>
  new WorkflowMetadataAccessor().handlers(OrderWorkflow.prototype[method]);

describe('@Workflow', () => {
  it('keeps its options and takes the class name as the type', () => {
    @Workflow()
    class Plain {}
    @Workflow('Named')
    class Named {}
    expect(new WorkflowMetadataAccessor().workflow(OrderWorkflow)).toEqual({
      type: 'Process order. v2',
      timeout: '1h',
    });
    expect(workflowTypeOf(Plain)).toBe('Plain');
    expect(workflowTypeOf(Named)).toBe('Named');
    expect(workflowTypeOf(class {})).toBeUndefined();
  });

  it('implies @Injectable and leaves a scope that was given', () => {
    @Workflow()
    @Injectable({ scope: Scope.REQUEST })
    class Below {}
    @Injectable({ scope: Scope.TRANSIENT })
    @Workflow()
    class Above {}
    const scope = (target: object): unknown => Reflect.getMetadata('scope:options', target);
    expect(Reflect.getMetadata('__injectable__', OrderWorkflow)).toBe(true);
    expect(scope(Below)).toEqual({ scope: Scope.REQUEST });
    expect(scope(Above)).toEqual({ scope: Scope.TRANSIENT });
  });
});

describe('the decorators of handlers', () => {
  it('take the name of the method where none is given', () => {
    expect(handlers('ship')).toEqual([{ kind: 'step', name: 'ship' }]);
    expect(handlers('paid')).toEqual([{ kind: 'event', name: 'paid', timeout: '5s' }]);
    expect(handlers('status')).toEqual([{ kind: 'query', name: 'status' }]);
  });

  it('keep the name and options that are given', () => {
    expect(handlers('invoice')).toEqual([{ kind: 'step', name: 'send invoice', retry: { maxAttempts: 3 } }]);
    expect(handlers('cancelled')).toEqual([{ kind: 'event', name: 'order.cancelled' }]);
    expect(handlers('changeAddress')).toEqual([{ kind: 'update', name: 'address' }]);
  });

  it('name the start and the cancel handler whatever their methods are called', () => {
    expect(handlers('start')).toEqual([{ kind: 'start', name: 'start', timeout: '30s' }]);
    expect(handlers('undo')).toEqual([{ kind: 'cancel', name: 'cancel' }]);
  });

  it('may be several on one method', () => {
    expect(handlers('either')).toEqual([
      { kind: 'event', name: 'b' },
      { kind: 'event', name: 'a' },
    ]);
  });

  it('let their signatures name the context, which is a value for that', () => {
    class Typed {
      @Start() async start(_ctx: Context, _input: string): Promise<void> {}
    }
    expect(Reflect.getMetadata('design:paramtypes', Typed.prototype, 'start')).toEqual([Context, String]);
  });

  it('say nothing of a method without them, and leave other metadata alone', () => {
    class Labelled {
      @SetMetadata('label', 'x') @Step() async ship(): Promise<void> {}
    }
    expect(handlers('helper')).toEqual([]);
    expect(Reflect.getMetadata('label', Labelled.prototype.ship)).toBe('x');
    expect(handlersOf(Labelled.prototype.ship)).toHaveLength(1);
  });
});
