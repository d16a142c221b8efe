import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { TestingModule } from '@nestjs/testing';
import { WorkflowFailedError } from '@ground-control/nestjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { Catalogue } from '../../../apps/examples/src/pages/catalogue.js';
import { type ImportProgress, ImportWorkflow } from '../../../apps/examples/src/pages/import.workflow.js';
import { PagesModule } from '../../../apps/examples/src/pages/pages.module.js';
import { type Page, ProductSource } from '../../../apps/examples/src/pages/product-source.js';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

/** A third of what 300 pages of 50 KB take. */
const GROWTH_BYTES = 5 * 1024 * 1024;

const APP = served([], { imports: [PagesModule] });

let world: SpecWorld;
let app: TestingModule;

beforeAll(async () => {
  world = await SpecWorld.start();
});

beforeEach(async () => {
  app = await world.serveHere(APP);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await app.close();
});

afterAll(() => world?.stop());

/** What this process, which is the worker, keeps. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

describe('the example of a loop over pages', () => {
  it('imports every page in a step of its own', async () => {
    const run = await world.client.start(ImportWorkflow);
    await expect(run.result()).resolves.toEqual({ imported: 1_000, pages: 20 });
    expect(app.get(Catalogue).size).toBe(1_000);
    const steps = eventsOf(await run.history(), 'step.completed').map(({ step }) => step);
    expect(steps).toEqual(['start', ...Array.from({ length: 20 }, () => 'page')]);
  });

  it('tries a page again that cannot be had at once', async () => {
    const source = app.get(ProductSource);
    vi.spyOn(source, 'page').mockRejectedValueOnce(new Error('too many requests'));
    const run = await world.client.start(ImportWorkflow, { input: { cursor: '900' } });
    await expect(run.result()).resolves.toEqual({ imported: 100, pages: 2 });
    expect(eventsOf(await run.history(), 'task.attempt_failed')).toHaveLength(1);
  });

  it('tells how far it came when it fails, and another run goes on from there', async () => {
    const source = app.get(ProductSource);
    const { page } = source;
    vi.spyOn(source, 'page').mockImplementation((cursor) =>
      cursor === '500' ? Promise.reject(new Error('the supplier is gone')) : page.call(source, cursor),
    );
    const run = await world.client.start(ImportWorkflow);
    expect(await rejectionOf(run.result())).toBeInstanceOf(WorkflowFailedError);
    const { imported, cursor } = await run.query<ImportProgress>('progress');
    expect({ imported, cursor }).toEqual({ imported: 500, cursor: '500' });
    vi.restoreAllMocks();
    const rest = await world.client.run(ImportWorkflow, { input: { cursor } });
    expect(imported + rest.imported).toBe(1_000);
    expect(app.get(Catalogue).size).toBe(1_000);
  });

  it('keeps nothing of the pages that are done', async () => {
    const heaps: number[] = [];
    app.get(Catalogue).save = () => Promise.resolve();
    // Not a mock: that would keep what it returned.
    app.get(ProductSource).page = async (cursor): Promise<Page> => {
      const page = Number(cursor ?? 0);
      if (page === 100 || page === 399) heaps.push(heapUsed());
      const products = Array.from({ length: 50 }, (_, index) => ({
        id: `p-${page}-${index}`,
        title: randomBytes(500).toString('hex'),
      }));
      return page === 399 ? { products } : { products, next: String(page + 1) };
    };
    await expect(world.client.run(ImportWorkflow)).resolves.toEqual({ imported: 20_000, pages: 400 });
    const [early = 0, late = Infinity] = heaps;
    expect(late - early).toBeLessThan(GROWTH_BYTES);
  });
});
