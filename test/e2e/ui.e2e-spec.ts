import 'reflect-metadata';
import {
  type Context,
  type Directive,
  GroundControlClient,
  GroundControlModule,
  OnEvent,
  Start,
  Step,
  Task,
  Workflow,
} from '@ground-control/nestjs';
import { GroundControlTestServer } from '@ground-control/nestjs/testing';
import { type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { KEYS, Pty, type PtyOptions } from './pty.fixture.js';
import { Running } from './run-command.fixture.js';

const RUNS = 450;

@Injectable()
class ParcelTasks {
  @Task() async weigh(): Promise<number> {
    return 3;
  }
}

@Workflow('Parcel')
class ParcelWorkflow {
  constructor(private readonly tasks: ParcelTasks) {}
  @Start() async start(ctx: Context, input: { to: string }): Promise<Directive> {
    ctx.store.put('weight', await this.tasks.weigh());
    ctx.store.put('to', input.to);
    return ctx.next.wait({ events: ['collected'] });
  }
  @OnEvent('collected') async collected(ctx: Context, by: string): Promise<Directive> {
    return ctx.next.step(this.deliver, by);
  }
  @Step() async deliver(ctx: Context, by: string): Promise<Directive> {
    return ctx.next.complete({ by });
  }
}

let server: GroundControlTestServer;
let app: INestApplicationContext;
let client: GroundControlClient;
const open: Pty[] = [];

beforeAll(async () => {
  server = await GroundControlTestServer.start();
  const { servers, namespace } = server;
  const options = { servers, namespace, worker: { identity: 'van-7' } };

  @Module({ imports: [GroundControlModule.forRoot(options)], providers: [ParcelTasks, ParcelWorkflow] })
  class ParcelModule {}

  app = await NestFactory.createApplicationContext(ParcelModule, { logger: ['error'] });
  client = app.get(GroundControlClient);
  await Promise.all(Array.from({ length: RUNS - 1 }, (_, index) => started(idOf(index))));
  await started(idOf(RUNS - 1));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((pty) => pty.kill()));
});
afterAll(async () => {
  await app?.close();
  await server?.stop();
});

function idOf(index: number): string {
  return `parcel-${String(index).padStart(3, '0')}`;
}

async function started(id: string): Promise<void> {
  await client.start('Parcel', { id, input: { to: 'Rome' } });
}

async function ui(options?: PtyOptions): Promise<Pty> {
  const pty = Pty.gctl(['ui', '--server', server.servers, '--namespace', server.namespace], options);
  open.push(pty);
  await pty.shows('● connected');
  await pty.shows(/❯ \S/);
  return pty;
}

/** Narrows the list down to one run, whatever it was narrowed down to before, and opens it. */
async function openRun(pty: Pty, id: string): Promise<void> {
  pty.type('/');
  await pty.shows('begins with');
  pty.type(KEYS.backspace.repeat(20));
  pty.type(`${id}${KEYS.enter}`);
  await pty.shows(`❯ ${id} `);
  await pty.shows('1 of 1');
  pty.type(KEYS.enter);
  await pty.shows('[Summary]');
}

describe('gctl ui', () => {
  it('lists runs, follows the newest, goes through windows of them, and gives the terminal back', async () => {
    const pty = await ui();
    await pty.shows(`❯ ${idOf(RUNS - 1)}`);
    await pty.shows(`${RUNS} waiting`);
    expect(pty.isColoured).toBe(true);
    await started('newer');
    await pty.shows('❯ newer');
    pty.type('G');
    await pty.shows('200 of 200+');
    pty.type(KEYS.down);
    await pty.shows('201 of 400+');
    pty.type(KEYS.up);
    await pty.shows('200 of 200+');
    pty.type('g');
    await pty.shows('❯ newer');
    pty.type('q');
    await expect(pty.exited).resolves.toBe(0);
    expect(pty.buffer.type).toBe('normal');
    expect(pty.screen.trim()).toBe('');
  });

  it('shows a run: its store, its timeline and its history, live', async () => {
    const pty = await ui();
    await openRun(pty, 'parcel-007');
    await pty.shows(/waiting for +event collected/);
    await pty.shows(/weight +3/);
    pty.type(KEYS.right);
    await pty.shows(/weigh +\d+ms/);
    await pty.shows(/wait collected .*░/);
    pty.type(KEYS.right);
    await pty.shows(/❯ +\d+ .* wait\.started/);
    await client.handle('parcel-007').send('collected', 'Ann');
    await pty.shows(/❯ +\d+ .* run\.completed/);
    await pty.shows('● completed');
    await pty.shows('"by": "Ann"');
    pty.type(KEYS.escape);
    await pty.shows('WORKFLOW ID');
    expect(pty.screen).toMatch(/❯ parcel-007 +Parcel +● completed/);
  });

  it('sends an event, cancels and terminates, after a question', async () => {
    const pty = await ui({ columns: 100, rows: 30 });
    await openRun(pty, 'parcel-011');
    pty.type('e');
    await pty.shows('Send an event to parcel-011');
    await pty.shows(/event +collected/);
    pty.type(`${KEYS.enter}"Bob"${KEYS.enter}`);
    await pty.shows('✓ Sent collected to parcel-011.');
    await expect(client.handle('parcel-011').result()).resolves.toEqual({ by: 'Bob' });
    pty.type(KEYS.escape);
    await pty.shows('WORKFLOW ID');
    await openRun(pty, 'parcel-012');
    pty.type('x');
    await pty.shows('Terminate parcel-012?');
    pty.type('n');
    await pty.hides('Terminate parcel-012?');
    await expect(client.handle('parcel-012').describe()).resolves.toMatchObject({ status: 'waiting' });
    pty.type('xy');
    await pty.shows('Terminated parcel-012.');
    await expect(client.handle('parcel-012').describe()).resolves.toMatchObject({ status: 'terminated' });
    pty.type(KEYS.escape);
    await pty.shows('WORKFLOW ID');
    await openRun(pty, 'parcel-013');
    pty.type('c');
    await pty.shows('Cancel parcel-013?');
    pty.type('y');
    await pty.shows('Asked parcel-013 to end.');
    await pty.shows('● cancelled');
  });

  it('shows workers, the cluster and the help, and fits a terminal that is resized', async () => {
    const pty = await ui();
    pty.type('2');
    await pty.shows(/van-7 +░+ +0\/100/);
    pty.type('3');
    await pty.shows(/partitions +4 of 4 served/);
    await pty.shows(/Parcel +\d+ +\d+/);
    pty.type('?');
    await pty.shows('Everywhere');
    pty.type('?1');
    await pty.shows('WORKFLOW ID');
    pty.resize(120, 40);
    await pty.shows('WAITS FOR');
    expect(pty.lines.slice(-3).join('')).toContain('? help');
    pty.resize(60, 16);
    await pty.hides('WAITS FOR');
    await pty.shows('? help');
    expect(pty.lines.findIndex((line) => line.includes('? help'))).toBe(14);
    pty.type(KEYS.ctrlC);
    await expect(pty.exited).resolves.toBe(0);
  });

  it('says that it reconnects while no coordinator answers, and goes on when one does', async () => {
    const pty = await ui();
    await server.killCoordinator();
    await pty.shows('● reconnecting for');
    await pty.shows('❯ ');
    await server.startCoordinator();
    await pty.shows('● connected');
    await started('later');
    await pty.shows('❯ later');
    expect(pty.screen).not.toContain('reconnecting');
  });

  it('needs a terminal, and a coordinator', async () => {
    const piped = await new Running('cli/src/main.js', ['ui', '--server', server.servers]).finished;
    expect(piped).toMatchObject({ code: 2, stdout: '' });
    const alone = Pty.gctl(['ui', '--server', 'nats://127.0.0.1:1', '--request-timeout', '1s']);
    open.push(alone);
    await expect(alone.exited).resolves.toBe(3);
  });
});
