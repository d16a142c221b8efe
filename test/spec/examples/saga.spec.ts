import { WorkflowCancelledError, WorkflowFailedError } from '@ground-control/nestjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { SagaModule } from '../../../apps/examples/src/saga/saga.module.js';
import { TravelPartners } from '../../../apps/examples/src/saga/travel-partners.js';
import { TripWorkflow } from '../../../apps/examples/src/saga/trip.workflow.js';
import { Gates } from '../support/gates.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

const OSLO = { traveller: 'ada', to: 'Oslo' };
const VENICE = { traveller: 'ada', to: 'Venice' };

const APP = served([], { imports: [SagaModule] });

let world: SpecWorld;
let partners: TravelPartners;

beforeAll(async () => {
  world = await SpecWorld.start();
  const app = await world.serveHere(APP);
  partners = app.get(TravelPartners);
});

afterEach(() => vi.restoreAllMocks());

afterAll(() => world?.stop());

/** The parts that are asked to be cancelled from now on, in order. */
function cancelled(): string[] {
  const parts: string[] = [];
  const { cancel } = partners;
  vi.spyOn(partners, 'cancel').mockImplementation((part, reference) => {
    parts.push(part);
    return cancel.call(partners, part, reference);
  });
  return parts;
}

describe('the example of a saga', () => {
  it('books all of a trip', async () => {
    const parts = cancelled();
    const run = await world.client.start(TripWorkflow, { input: OSLO });
    const references = ['flight', 'hotel', 'car'].map((part) => `${run.runId}/${part}`);
    await expect(run.result()).resolves.toEqual({ references });
    expect(parts).toEqual([]);
  });

  it('undoes what it began in reverse order when a part is sold out', async () => {
    const parts = cancelled();
    const run = await world.client.start(TripWorkflow, { input: VENICE });
    const error = await rejectionOf(run.result());
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error.cause).toMatchObject({
      type: 'TripNotBookedError',
      message: 'No car: There is no car in Venice.',
    });
    expect(parts).toEqual(['car', 'hotel', 'flight']);
    expect(eventsOf(await run.history(), 'task.attempt_failed')).toEqual([]);
  });

  it('undoes a booking of which only the answer was lost', async () => {
    const parts = cancelled();
    const { book } = partners;
    vi.spyOn(partners, 'book').mockImplementation(async (part, reference, trip) => {
      await book.call(partners, part, reference, trip);
      if (part === 'hotel') throw new Error('the connection was lost');
    });
    const error = await rejectionOf(world.client.run(TripWorkflow, { input: OSLO }));
    expect(error.cause).toMatchObject({ message: 'No hotel: the connection was lost' });
    expect(parts).toEqual(['hotel', 'flight']);
  });

  it('tries again to undo what cannot be undone at once', async () => {
    const cancel = vi.spyOn(partners, 'cancel').mockRejectedValueOnce(new Error('try later'));
    await rejectionOf(world.client.run(TripWorkflow, { input: VENICE }));
    expect(cancel.mock.calls.map(([part]) => part)).toEqual(['car', 'car', 'hotel', 'flight']);
  });

  it('undoes what it began when it is cancelled, the step that then runs included', async () => {
    const parts = cancelled();
    const gates = new Gates();
    const { book } = partners;
    vi.spyOn(partners, 'book').mockImplementation(async (part, reference, trip) => {
      if (part === 'hotel') await gates.pass('hotel');
      await book.call(partners, part, reference, trip);
    });
    const run = await world.client.start(TripWorkflow, { input: OSLO });
    await gates.reached('hotel');
    await run.cancel('no time');
    gates.open('hotel');
    expect(await rejectionOf(run.result())).toBeInstanceOf(WorkflowCancelledError);
    expect(parts).toEqual(['hotel', 'flight']);
  });
});
