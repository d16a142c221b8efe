import type { JournalBatch, PartitionJournal } from '@ground-control/journal';
import type { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api';

/** What is measured of every append. */
export interface JournalInstruments {
  commits: Counter;
  entries: Histogram;
  duration: Histogram;
}

export function journalInstruments(meter: Meter): JournalInstruments {
  return {
    commits: meter.createCounter('ground_control.journal.commits', {
      description: 'Appends to journals, by outcome',
    }),
    entries: meter.createHistogram('ground_control.journal.batch.size', {
      description: 'Decisions in one append',
      unit: '{decision}',
      advice: { explicitBucketBoundaries: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000] },
    }),
    duration: meter.createHistogram('ground_control.journal.append.duration', {
      description: 'From an append until it is durable',
      unit: 's',
      advice: { explicitBucketBoundaries: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5] },
    }),
  };
}

/** A partition's journal, of which every append is measured: once a batch, whatever is in it. */
export function measured(
  journal: PartitionJournal,
  partition: number,
  { commits, entries, duration }: JournalInstruments,
): PartitionJournal {
  const attributes: Attributes = { 'ground_control.partition': partition };
  const failed: Attributes = { ...attributes, 'error.type': 'append' };
  const append = (batch: JournalBatch): Promise<number> => {
    const sentAt = performance.now();
    const appended = journal.append(batch);
    const landed = (): void => {
      commits.add(1, attributes);
      entries.record(batch.entries.length, attributes);
      duration.record((performance.now() - sentAt) / 1000, attributes);
    };
    appended.then(landed, () => commits.add(1, failed));
    return appended;
  };
  return new Proxy(journal, {
    get: (target, key) => {
      if (key === 'append') return append;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
