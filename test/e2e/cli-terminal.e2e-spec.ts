import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import {
  type Context,
  type Directive,
  GroundControlModule,
  OnEvent,
  Start,
  Workflow,
} from '@ground-control/nestjs';
import { GroundControlTestServer } from '@ground-control/nestjs/testing';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { KEYS, Pty, type PtyOptions } from './pty.fixture.js';
import { type Finished, Running } from './run-command.fixture.js';

const INTERRUPTED = 130;

@Workflow('Approval')
class ApprovalWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.wait();
  }
  @OnEvent('approved')
  async approved(ctx: Context, by: string): Promise<Directive> {
    return ctx.next.complete({ by });
  }
}

let server: GroundControlTestServer;
let app: INestApplicationContext;
const open: Pty[] = [];

beforeAll(async () => {
  server = await GroundControlTestServer.start();
  const { servers, namespace } = server;

  @Module({ imports: [GroundControlModule.forRoot({ servers, namespace })], providers: [ApprovalWorkflow] })
  class ApprovalModule {}

  app = await NestFactory.createApplicationContext(ApprovalModule, { logger: ['error'] });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((pty) => pty.kill()));
});
afterAll(async () => {
  await app?.close();
  await server?.stop();
});

function where(): string[] {
  return ['--server', server.servers, '--namespace', server.namespace];
}

/** Runs gctl as a person would. */
function gctl(args: string[], options?: PtyOptions): Pty {
  const pty = Pty.gctl([...where(), ...args], options);
  open.push(pty);
  return pty;
}

/** Runs gctl as a script would. */
function script(...args: string[]): Promise<Finished> {
  return new Running('cli/src/main.js', [...where(), ...args]).finished;
}

async function started(...ids: string[]): Promise<void> {
  for (const id of ids) {
    const { code } = await script('workflow', 'start', 'Approval', '--id', id);
    expect(code).toBe(0);
  }
}

describe('gctl in a terminal', () => {
  it('prints colours, which NO_COLOR turns off', async () => {
    await started('colour-1');
    const list = ['workflow', 'list', '--id-prefix', 'colour-'];
    const coloured = gctl(list);
    await expect(coloured.exited).resolves.toBe(0);
    expect(coloured.screen).toContain('colour-1');
    expect(coloured.isColoured).toBe(true);
    const plain = gctl(list, { env: { NO_COLOR: '1' } });
    await expect(plain.exited).resolves.toBe(0);
    expect(plain.screen).toContain('colour-1');
    expect(plain.isColoured).toBe(false);
  });

  it('shows that it waits, and prints the result in place of that', async () => {
    const waiting = gctl(['workflow', 'start', 'Approval', '--id', 'wait-1', '--wait']);
    await waiting.shows('⠹ waiting for the end of wait-1');
    await script('workflow', 'send', 'wait-1', 'approved', '--input', '"Ann"');
    await expect(waiting.exited).resolves.toBe(0);
    expect(waiting.screen).not.toContain('waiting for the end');
    expect(waiting.screen).toContain('"by": "Ann"');
  });

  it('leaves nothing behind at Ctrl-C, and the run goes on', async () => {
    const waiting = gctl(['workflow', 'start', 'Approval', '--id', 'wait-2', '--wait']);
    await waiting.shows('waiting for the end of wait-2');
    waiting.type(KEYS.ctrlC);
    await expect(waiting.exited).resolves.toBe(INTERRUPTED);
    expect(waiting.screen).not.toContain('waiting for the end');
    const { stdout } = await script('workflow', 'describe', 'wait-2', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ status: 'waiting' });
  });

  it('follows a run until Ctrl-C', async () => {
    await started('watch-1');
    const watching = gctl(['workflow', 'watch', 'watch-1'], { columns: 120 });
    await watching.shows('wait.started');
    watching.type(KEYS.ctrlC);
    await expect(watching.exited).resolves.toBe(INTERRUPTED);
  });

  it('asks before it ends many runs, and ends none unless the answer is yes', async () => {
    await started('bulk-1', 'bulk-2', 'bulk-3');
    const bulk = ['workflow', 'terminate', '--id-prefix', 'bulk-', '--status', 'waiting'];
    const refused = gctl(bulk, { columns: 100 });
    await refused.shows('Terminate 3 runs? [y/N]');
    expect(refused.screen).toContain('bulk-2');
    refused.type(`n${KEYS.enter}`);
    await expect(refused.exited).resolves.toBe(1);
    expect(refused.screen).toContain('Nothing was done.');
    const confirmed = gctl(bulk, { columns: 100 });
    await confirmed.shows('Terminate 3 runs? [y/N]');
    confirmed.type(`y${KEYS.enter}`);
    await expect(confirmed.exited).resolves.toBe(0);
    expect(confirmed.screen).toContain('3 terminated.');
    const { stdout } = await script('workflow', 'list', '--id-prefix', 'bulk-', '--json');
    const { runs } = JSON.parse(stdout) as { runs: { status: string }[] };
    expect(runs.map(({ status }) => status)).toEqual(['terminated', 'terminated', 'terminated']);
  });

  it('reads an input that is typed', async () => {
    const typed = gctl(['workflow', 'start', 'Approval', '--id', 'typed-1', '--input', '-']);
    typed.type(`{"by": "hand"}${KEYS.enter}${KEYS.ctrlD}`);
    await expect(typed.exited).resolves.toBe(0);
    const { stdout } = await script('workflow', 'history', 'typed-1', '--json');
    expect(JSON.parse(stdout)).toMatchObject([{ kind: 'run.started', input: { by: 'hand' } }, {}, {}, {}]);
  });

  it('completes in bash: commands, options, and what is in the namespace', async () => {
    await started('bash-run');
    const main = fileURLToPath(new URL('../../dist/apps/cli/src/main.js', import.meta.url));
    const [, url = '', , namespace = ''] = where();
    const bash = new Pty('bash', ['--norc', '--noprofile', '-i'], {
      columns: 120,
      env: {
        PS1: 'ready> ',
        GROUND_CONTROL_SERVERS: url,
        GROUND_CONTROL_NAMESPACE: namespace,
        BASH_SILENCE_DEPRECATION_WARNING: '1',
      },
    });
    open.push(bash);
    await bash.shows('ready>');
    bash.type(`gctl() { '${process.execPath}' '${main}' "$@"; }${KEYS.enter}`);
    bash.type(`eval "$(gctl completion bash)"; clear; echo load''ed${KEYS.enter}`);
    await bash.shows('loaded');
    bash.type(`gctl work${KEYS.tab}`);
    await bash.shows('gctl work');
    bash.type(`flow desc${KEYS.tab}`);
    await bash.shows('gctl workflow describe ');
    bash.type(`ba${KEYS.tab}`);
    await bash.shows('gctl workflow describe bash-run');
    bash.type(`--js${KEYS.tab}`);
    await bash.shows('gctl workflow describe bash-run --json');
    bash.type(KEYS.enter);
    await bash.shows('"workflowId":"bash-run"');
    expect(bash.screen).toContain('"status":"waiting"');
  });
});
