import type { PartitionJournal } from '@ground-control/journal';
import { type Meter, metrics } from '@opentelemetry/api';
import type { WorkerInfoWire } from '@ground-control/protocol';
import { journalInstruments, measured } from './measured-journal.js';

/** What is looked at when somebody collects the metrics, and never else. */
export interface ObservedCoordinator {
  /** Steps that wait for a worker with room. */
  readonly waitingSteps: number;
  /** Since when the oldest of them waits, in milliseconds. */
  readonly oldestWaitMs: number;
  /** Partitions whose lease this coordinator has. */
  readonly leases: number;
  /** Partitions that it serves. */
  readonly serving: number;
  readonly liveWorkers: readonly WorkerInfoWire[];
}

/** The metrics of a coordinator, through the OpenTelemetry API: nothing is kept unless an SDK is registered. */
export class CoordinatorMetrics {
  private readonly meter: Meter = metrics.getMeter('ground-control.coordinator');
  private readonly journal = journalInstruments(this.meter);

  /** Measures every append. */
  measure(journal: PartitionJournal, partition: number): PartitionJournal {
    return measured(journal, partition, this.journal);
  }

  /** Tells what is asked of the coordinator at each collection. */
  observe(coordinator: ObservedCoordinator): void {
    this.gauge(
      'ground_control.steps.waiting',
      'Steps that wait for a worker',
      '{step}',
      () => coordinator.waitingSteps,
    );
    this.gauge(
      'ground_control.steps.lag',
      'How long the oldest waiting step waits',
      's',
      () => coordinator.oldestWaitMs / 1000,
    );
    this.gauge('ground_control.leases', 'Partitions that are led', '{partition}', () => coordinator.leases);
    this.gauge(
      'ground_control.partitions.serving',
      'Partitions that are served',
      '{partition}',
      () => coordinator.serving,
    );
    this.gauge('ground_control.workers', 'Live workers', '{worker}', () => coordinator.liveWorkers.length);
    this.gauge('ground_control.steps.running', 'Steps that workers hold', '{step}', () =>
      coordinator.liveWorkers.reduce((sum, { running }) => sum + running, 0),
    );
  }

  private gauge(name: string, description: string, unit: string, value: () => number): void {
    this.meter
      .createObservableGauge(name, { description, unit })
      .addCallback((result) => result.observe(value()));
  }
}
