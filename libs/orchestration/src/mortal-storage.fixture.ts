import type { KeyedRecord, KeyedStream, MemoryJournalStore, PutOptions } from '@ground-control/journal';
import type { PartitionStorage } from './run-repository.js';

/**
 * The storage of a leader that can be stopped at any step of a checkpoint: before it takes effect, or after that and
 * before the leader hears of it. A leader that has died there hears nothing any more; one that was paused goes on.
 */
export class MortalStorage implements PartitionStorage {
  /** What was done, in order. */
  readonly steps: string[] = [];
  private stopAt = Infinity;
  private when: 'before' | 'after' = 'before';
  private gate: Promise<void> | undefined;
  private unheard: string | undefined;
  private open: () => void = () => {};
  onStopped: () => void = () => {};
  /** What every recovery fails with, while it is set. */
  recoveryError: Error | undefined;

  readonly journal: PartitionStorage['journal'];

  constructor(private readonly store: MemoryJournalStore) {
    this.journal = this.withPurge();
  }

  /** Stops the leader at the step after so many more. */
  stop(after: number, when: 'before' | 'after'): void {
    this.stopAt = this.steps.length + after;
    this.when = when;
    this.gate = new Promise((resolve) => (this.open = resolve));
  }

  /** Loses the acknowledgement of the next step of this name: it takes effect, and its leader is told that it failed. */
  loseAcknowledgement(name: string): void {
    this.unheard = name;
  }

  get stopped(): boolean {
    return this.steps.length > this.stopAt;
  }

  /** Lets a leader that was paused go on. */
  resume(): void {
    this.stopAt = Infinity;
    this.open();
  }

  readonly records: PartitionStorage['records'] = (kind) => {
    const real = this.store.records(kind, 0);
    return new MortalStream(real, (key, work) => this.step(`put ${kind} ${key}`, work));
  };

  private withPurge(): PartitionStorage['journal'] {
    const real = this.store.partition(0);
    const purge = (before: number): Promise<void> => this.step('purge', () => real.purge(before));
    return new Proxy(real, {
      get: (target, name) => {
        if (name === 'purge') return purge;
        if (name === 'takeOver' && this.recoveryError) return this.failRecovery;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  private readonly failRecovery = (): Promise<never> =>
    Promise.reject(this.recoveryError ?? new Error('no recovery fails now'));

  private async step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    this.steps.push(name);
    const mine = this.steps.length > this.stopAt;
    if (mine) this.onStopped();
    if (mine && (this.when === 'before' || this.steps.length > this.stopAt + 1)) await this.gate;
    const result = await work();
    if (mine) await this.gate;
    if (this.unheard === name) {
      this.unheard = undefined;
      throw new Error(`no acknowledgement of ${name}`);
    }
    return result;
  }
}

class MortalStream implements KeyedStream {
  constructor(
    private readonly real: KeyedStream,
    private readonly step: <Result>(key: string, work: () => Promise<Result>) => Promise<Result>,
  ) {}

  get maxRecordBytes(): number {
    return this.real.maxRecordBytes;
  }

  put(key: string, body: Uint8Array, options?: PutOptions): Promise<number> {
    return this.step(key, () => this.real.put(key, body, options));
  }

  last(key: string): Promise<KeyedRecord | undefined> {
    return this.real.last(key);
  }

  get(sequence: number): Promise<KeyedRecord | undefined> {
    return this.real.get(sequence);
  }

  next(key: string, from: number): Promise<KeyedRecord | undefined> {
    return this.real.next(key, from);
  }

  read(
    range: { key?: string | undefined; from: number; until: number },
    onRecord: (record: KeyedRecord) => void,
  ): Promise<void> {
    return this.real.read(range, onRecord);
  }

  lastSequence(): Promise<number> {
    return this.real.lastSequence();
  }

  remove(key: string): Promise<void> {
    return this.real.remove(key);
  }
}
