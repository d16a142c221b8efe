import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Context,
  type Directive,
  InvalidInputError,
  Start,
  Workflow,
  type RunInfo,
} from '@ground-control/nestjs';
import { served } from '../support/served-app.fixture.js';
import { SpecWorld } from '../support/spec-world.fixture.js';

@Workflow('Parcel')
class ParcelWorkflow {
  @Start()
  async start(ctx: Context, fate: 'wait' | 'complete' | 'fail'): Promise<Directive> {
    if (fate === 'fail') return ctx.next.fail({ type: 'LostError', message: 'lost' });
    return fate === 'wait' ? ctx.next.wait() : ctx.next.complete();
  }
}

@Workflow('Letter')
class LetterWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive> {
    return ctx.next.complete();
  }
}

const PARCELS = 30;
const APP = served([ParcelWorkflow, LetterWorkflow]);

let world: SpecWorld;
let half: Date;

beforeAll(async () => {
  world = await SpecWorld.start(APP);
  for (let index = 0; index < PARCELS; index++) {
    if (index === PARCELS / 2) half = await nextMillisecond();
    await world.client.start(ParcelWorkflow, {
      id: `parcel ${index}`,
      input: index % 3 === 0 ? 'wait' : 'complete',
      attributes: { depot: index % 2 === 0 ? 'north' : 'south', heavy: index > 20 },
    });
  }
  await world.client.run(LetterWorkflow, { id: 'letter' });
  await world.client.start(ParcelWorkflow, { id: 'lost', input: 'fail' });
  await world.recorded('lost', 'run.failed');
  await Promise.all(
    Array.from({ length: PARCELS }, (_, index) =>
      world.recorded(`parcel ${index}`, index % 3 === 0 ? 'wait.started' : 'run.completed'),
    ),
  );
});
afterAll(() => world?.stop());

/** The start of a millisecond in which nothing was started yet. */
async function nextMillisecond(): Promise<Date> {
  const now = Date.now();
  while (Date.now() <= now + 1) await new Promise((resolve) => setImmediate(resolve));
  return new Date(now + 1);
}

const ids = (runs: RunInfo[]): string[] => runs.map(({ workflowId }) => workflowId);
const parcels = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `parcel ${to - 1 - index}`);

describe('list()', () => {
  it('has every run, running and finished, newest first', async () => {
    const { runs, cursor } = await world.client.list();
    expect(ids(runs)).toEqual(['lost', 'letter', ...parcels(0, PARCELS)]);
    expect(cursor).toBeUndefined();
  });

  it('shows of each run what describe() does', async () => {
    const { runs } = await world.client.list({ idPrefix: 'lost' });
    expect(runs).toEqual([await world.client.handle('lost').describe()]);
    expect(runs[0]).toMatchObject({ status: 'failed', error: { type: 'LostError', message: 'lost' } });
    expect(runs[0]?.closedAt).toBeInstanceOf(Date);
  });

  it('goes on page by page without a gap or a double', async () => {
    const found: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await world.client.list({ type: 'Parcel', limit: 7, cursor });
      found.push(...ids(page.runs));
      cursor = page.cursor;
      pages++;
    } while (cursor !== undefined);
    expect(found).toEqual(['lost', ...parcels(0, PARCELS)]);
    expect(pages).toBeGreaterThanOrEqual(5);
  });

  it('goes on right also when run ids say nothing of the time', async () => {
    const runIds = ['zz', 'aa', 'mm', 'AA', '01J00000000000000000000000', 'bb'];
    for (const [index, runId] of runIds.entries())
      await world.client.start(LetterWorkflow, { id: `own ${index}`, runId });
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await world.client.list({ idPrefix: 'own', limit: 1, cursor });
      found.push(...page.runs.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(found.toSorted()).toEqual(runIds.toSorted());
  });

  it('finds by type, status, id, attributes and all of them together', async () => {
    const list = async (options: Parameters<typeof world.client.list>[0]) =>
      ids((await world.client.list(options)).runs);
    await expect(list({ type: 'Letter', idPrefix: 'letter' })).resolves.toEqual(['letter']);
    await expect(list({ status: 'failed' })).resolves.toEqual(['lost']);
    const waiting = parcels(0, PARCELS).filter((id) => Number(id.split(' ')[1]) % 3 === 0);
    await expect(list({ status: 'waiting' })).resolves.toEqual(waiting);
    await expect(list({ status: ['waiting', 'failed'] })).resolves.toEqual(['lost', ...waiting]);
    await expect(list({ idPrefix: 'parcel 1' })).resolves.toEqual([...parcels(10, 20), 'parcel 1']);
    await expect(list({ attributes: { depot: 'north', heavy: true } })).resolves.toEqual([
      'parcel 28',
      'parcel 26',
      'parcel 24',
      'parcel 22',
    ]);
    await expect(list({ attributes: { heavy: true }, status: 'waiting' })).resolves.toEqual([
      'parcel 27',
      'parcel 24',
      'parcel 21',
    ]);
    await expect(list({ type: 'Nobody' })).resolves.toEqual([]);
  });

  it('finds by the time of the start', async () => {
    const after = await world.client.list({ type: 'Parcel', idPrefix: 'parcel', startedAfter: half });
    expect(ids(after.runs)).toEqual(parcels(PARCELS / 2, PARCELS));
    const before = await world.client.list({ startedBefore: half });
    expect(ids(before.runs)).toEqual(parcels(0, PARCELS / 2));
  });

  it('is the same from a coordinator that was not there', async () => {
    const before = await world.client.list();
    await world.server.killCoordinator();
    await world.server.startCoordinator();
    expect(await world.client.list()).toEqual(before);
  });

  it('refuses what is not valid', async () => {
    await expect(world.client.list({ limit: 0 })).rejects.toThrow(InvalidInputError);
    await expect(world.client.list({ cursor: 'nonsense' })).rejects.toThrow(InvalidInputError);
    await expect(world.client.list({ startedAfter: new Date(Number.NaN) })).rejects.toThrow(
      InvalidInputError,
    );
  });
});
