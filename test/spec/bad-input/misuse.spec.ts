import 'reflect-metadata';
import {
  type Context,
  type Directive,
  GroundControlModule,
  InvalidWorkflowError,
  OnEvent,
  Start,
  Step,
  Task,
  Workflow,
} from '@ground-control/nestjs';
import { GroundControlTestServer } from '@ground-control/nestjs/testing';
import { Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rejectionOf } from '../support/spec-world.fixture.js';

@Workflow()
class NoStart {
  @Step()
  async work(ctx: Context): Promise<Directive> {
    return ctx.next.complete();
  }
}

@Workflow()
class TwoStarts {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.complete();
  }

  @Start()
  async begin(ctx: Context): Promise<Directive> {
    return ctx.next.complete();
  }
}

@Workflow()
class SameNames {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.complete();
  }

  @Step()
  async pack(ctx: Context): Promise<Directive> {
    return ctx.next.complete();
  }

  @Step({ name: 'pack' })
  async wrap(ctx: Context): Promise<Directive> {
    return ctx.next.complete();
  }

  @OnEvent('paid')
  async paid(ctx: Context): Promise<Directive> {
    return ctx.next.complete();
  }

  @OnEvent({ name: 'paid' })
  async alsoPaid(ctx: Context): Promise<Directive> {
    return ctx.next.complete();
  }
}

@Workflow()
class BadOptions {
  @Start({ timeout: 'soon' as '1s' })
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.complete();
  }

  @Step({ retry: { maxAttempts: 0 } })
  async work(ctx: Context): Promise<Directive> {
    return ctx.next.complete();
  }
}

@Injectable()
class SyncTasks {
  @Task()
  charge(): string {
    return 'not a promise';
  }
}

@Workflow('Taken')
class First {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.complete();
  }
}

@Workflow('Taken')
class Second {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.complete();
  }
}

describe('an application does not boot', () => {
  let server: GroundControlTestServer;

  beforeAll(async () => {
    server = await GroundControlTestServer.start();
  });

  afterAll(() => server?.stop());

  async function faultsOf(...providers: Type[]): Promise<string> {
    @Module({ imports: [GroundControlModule.forRoot({ servers: server.servers })], providers })
    class AppModule {}
    const booted = NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    const error = await rejectionOf(booted);
    expect(error).toBeInstanceOf(InvalidWorkflowError);
    return error.message;
  }

  it('with a workflow without @Start', async () => {
    await expect(faultsOf(NoStart)).resolves.toBe(
      'NoStart: no method carries @Start. Put it on the one that a run begins with.',
    );
  });

  it('with a workflow with two @Start', async () => {
    await expect(faultsOf(TwoStarts)).resolves.toBe(
      'TwoStarts: 2 methods carry @Start (start, begin). Keep one.',
    );
  });

  it('with two steps or two event handlers of one name', async () => {
    const faults = await faultsOf(SameNames);
    expect(faults).toContain('SameNames: 2 steps have the name "pack" (pack, wrap). Rename one.');
    expect(faults).toContain(
      'SameNames: 2 event handlers have the name "paid" (paid, alsoPaid). Rename one.',
    );
  });

  it('with two workflows of one type', async () => {
    await expect(faultsOf(First, Second)).resolves.toBe(
      'Second: it has the type "Taken", as First has. Name another: @Workflow(\'…\').',
    );
  });

  it('with a task that is not async', async () => {
    await expect(faultsOf(First, SyncTasks)).resolves.toBe(
      'SyncTasks.charge: carries @Task and is not async. Declare it async, or as returning a Promise.',
    );
  });

  it('with options that cannot be read, and names class, method and option', async () => {
    const faults = await faultsOf(BadOptions);
    expect(faults).toContain('BadOptions.start, @Start: timeout: "soon" is no duration.');
    expect(faults).toContain('BadOptions.work, @Step: retry.maxAttempts: 0 is below 1');
  });

  it('and is told all of its faults at once', async () => {
    const faults = (await faultsOf(NoStart, TwoStarts, SyncTasks)).split('\n');
    expect(faults).toHaveLength(3);
  });
});
