import { WorkflowCancelledError, WorkflowFailedError } from '@ground-control/nestjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { ChildrenModule } from '../../../apps/examples/src/children/children.module.js';
import { SalesReportWorkflow } from '../../../apps/examples/src/children/sales-report.workflow.js';
import { SalesService } from '../../../apps/examples/src/children/sales.service.js';
import { Gates } from '../support/gates.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

const ALL = { month: '2026-10', regions: ['north', 'south', 'east'] };

const APP = served([], { imports: [ChildrenModule] });

let world: SpecWorld;
let sales: SalesService;

beforeAll(async () => {
  world = await SpecWorld.start();
  const app = await world.serveHere(APP);
  sales = app.get(SalesService);
});

afterEach(() => vi.restoreAllMocks());

afterAll(() => world?.stop());

/** Holds up the region until the test lets it go on. */
function holdUp(held: string): Gates {
  const gates = new Gates();
  const { salesOf } = sales;
  vi.spyOn(sales, 'salesOf').mockImplementation(async (region, month) => {
    if (region === held) await gates.pass(region);
    return salesOf.call(sales, region, month);
  });
  return gates;
}

describe('the example of parent and children', () => {
  it('sums up what its children end with', async () => {
    const report = await world.client.run(SalesReportWorkflow, { input: ALL });
    expect(report).toMatchObject({ total: 285_750, missing: [] });
    expect(report.regions.map(({ region }) => region).toSorted()).toEqual(['east', 'north', 'south']);
  });

  it('names a child that failed, and sums up the others', async () => {
    const input = { ...ALL, regions: ['north', 'atlantis', 'east'] };
    const run = await world.client.start(SalesReportWorkflow, { input });
    await expect(run.result()).resolves.toMatchObject({
      total: 190_250,
      missing: [
        {
          workflowId: `${run.workflowId}/atlantis`,
          status: 'failed',
          why: 'There are no sales of atlantis.',
        },
      ],
    });
  });

  it('names a child that was terminated', async () => {
    const gates = holdUp('south');
    const run = await world.client.start(SalesReportWorkflow, { input: ALL });
    await gates.reached('south');
    await world.client.handle(`${run.workflowId}/south`).terminate('not needed');
    const report = await run.result();
    expect(report).toMatchObject({ total: 190_250, missing: [{ status: 'terminated' }] });
    gates.open('south');
  });

  it('fails when all of them do', async () => {
    const input = { ...ALL, regions: ['atlantis', 'lemuria'] };
    const error = await rejectionOf(world.client.run(SalesReportWorkflow, { input }));
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error.cause).toMatchObject({ type: 'NoSalesError' });
  });

  it('cancels its children when it is cancelled', async () => {
    const gates = holdUp('south');
    const run = await world.client.start(SalesReportWorkflow, { input: ALL });
    await gates.reached('south');
    await world.recorded(run.workflowId, 'wait.started');
    await run.cancel();
    expect(await rejectionOf(run.result())).toBeInstanceOf(WorkflowCancelledError);
    const child = world.client.handle(`${run.workflowId}/south`);
    await world.recorded(child.workflowId, 'run.cancel_requested');
    gates.open('south');
    expect(await rejectionOf(child.result())).toBeInstanceOf(WorkflowCancelledError);
  });
});
