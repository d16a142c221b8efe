import { RunFinishedError } from '@ground-control/nestjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { ApprovalModule } from '../../../apps/examples/src/approval/approval.module.js';
import { ExpenseWorkflow } from '../../../apps/examples/src/approval/expense.workflow.js';
import { PayrollService } from '../../../apps/examples/src/approval/payroll.service.js';
import { served } from '../support/served-app.fixture.js';
import { rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

const EXPENSE = { employee: 'ada', purpose: 'a train ticket', amount: 4_200 };

const APP = served([], { imports: [ApprovalModule] });

let world: SpecWorld;
let payroll: PayrollService;

beforeAll(async () => {
  world = await SpecWorld.start();
  const app = await world.serveHere(APP);
  payroll = app.get(PayrollService);
});

afterEach(() => vi.restoreAllMocks());

afterAll(() => world?.stop());

describe('the example of an approval', () => {
  it('pays back what is approved', async () => {
    const pay = vi.spyOn(payroll, 'pay');
    const run = await world.client.start(ExpenseWorkflow, { input: EXPENSE });
    await expect(run.query('status')).resolves.toBe('waiting');
    await run.send('approved', { by: 'grace' });
    await expect(run.result()).resolves.toEqual({ status: 'approved', by: 'grace' });
    await expect(run.query('status')).resolves.toBe('approved');
    expect(pay.mock.calls).toEqual([['ada', 4_200, expect.any(String)]]);
  });

  it('pays nothing when it is rejected', async () => {
    const pay = vi.spyOn(payroll, 'pay');
    const run = await world.client.start(ExpenseWorkflow, { input: EXPENSE });
    await run.send('rejected', { by: 'grace', reason: 'walk' });
    await expect(run.result()).resolves.toEqual({ status: 'rejected', by: 'grace', reason: 'walk' });
    expect(pay).not.toHaveBeenCalled();
  });

  it('expires when nobody decides in time, and refuses a decision after that', async () => {
    const run = await world.client.start(ExpenseWorkflow, { input: { ...EXPENSE, decideWithin: '100ms' } });
    await expect(run.result()).resolves.toEqual({ status: 'expired' });
    expect(await rejectionOf(run.send('approved', { by: 'grace' }))).toBeInstanceOf(RunFinishedError);
  });

  it('waits on when coordinator and NATS are killed, and is decided after that', async () => {
    const run = await world.client.start(ExpenseWorkflow, { input: EXPENSE });
    await world.recorded(run.workflowId, 'wait.started');
    await world.server.killCoordinator();
    await world.server.killNats();
    await world.server.startNats();
    await world.server.startCoordinator();
    await run.send('approved', { by: 'grace' });
    await expect(run.result()).resolves.toEqual({ status: 'approved', by: 'grace' });
  });
});
