import { MemoryJournalStore } from '@ground-control/journal';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CoordinatorMetrics } from './coordinator-metrics.js';

describe('the metrics of a coordinator', () => {
  let exporter: InMemoryMetricExporter;
  let provider: MeterProvider;

  beforeEach(() => {
    exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
    metrics.setGlobalMeterProvider(provider);
  });
  afterEach(async () => {
    metrics.disable();
    await provider.shutdown();
  });

  /** The last value, or the statistics, of each point of a metric. */
  async function pointsOf(name: string): Promise<[attributes: unknown, value: unknown][]> {
    await provider.forceFlush();
    const all =
      exporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
    const found = all.find(({ descriptor }) => descriptor.name === name);
    return found?.dataPoints.map(({ attributes, value }) => [attributes, value]) ?? [];
  }

  it('count the appends of a journal, those that fail apart, and what is in one', async () => {
    const store = new MemoryJournalStore();
    await store.open({ partitions: 1, replicas: 1, storage: 'memory' });
    const journal = new CoordinatorMetrics().measure(store.partition(0), 0);
    await journal.takeOver('e', () => {});
    const entry = { runId: 'r', at: 1, events: [{ kind: 'run.cancel_requested', handler: false }] };
    const batch = { epoch: 'e', entries: [entry, entry] } as Parameters<typeof journal.append>[0];
    expect(await journal.append(batch)).toBe(2);
    store.failNextAppends(0, 'reject');
    await expect(journal.append(batch)).rejects.toThrow('unknown whether an append landed');
    const partition = { 'ground_control.partition': 0 };
    expect(await pointsOf('ground_control.journal.commits')).toEqual([
      [partition, 1],
      [{ ...partition, 'error.type': 'append' }, 1],
    ]);
    expect(await pointsOf('ground_control.journal.batch.size')).toMatchObject([
      [partition, { count: 1, sum: 2 }],
    ]);
    expect(await pointsOf('ground_control.journal.append.duration')).toMatchObject([
      [partition, { count: 1 }],
    ]);
  });

  it('tell what the coordinator has when they are collected', async () => {
    const coordinator = {
      waitingSteps: 3,
      oldestWaitMs: 1_500,
      leases: 2,
      serving: 1,
      liveWorkers: [{ workerId: 'w', identity: 'w', capacity: 9, running: 4, types: [], lastSeenAt: 0 }],
    };
    new CoordinatorMetrics().observe(coordinator);
    const values = async (name: string): Promise<unknown[]> =>
      (await pointsOf(`ground_control.${name}`)).map(([, value]) => value);
    expect(await values('steps.waiting')).toEqual([3]);
    expect(await values('steps.lag')).toEqual([1.5]);
    expect(await values('leases')).toEqual([2]);
    expect(await values('partitions.serving')).toEqual([1]);
    expect(await values('workers')).toEqual([1]);
    expect(await values('steps.running')).toEqual([4]);
    coordinator.waitingSteps = 0;
    expect(await values('steps.waiting')).toEqual([0]);
  });
});
