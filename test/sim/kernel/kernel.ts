import { AsyncLocalStorage } from 'node:async_hooks';
import { crc32 } from 'node:zlib';
import { EventQueue } from './event-queue.js';
import { Random } from './random.js';
import type { SimProcess } from './sim-process.js';

/** What time it is when a simulation begins, in milliseconds since the epoch. */
const EPOCH = Date.UTC(2030, 0, 1);

interface Due {
  process: SimProcess | undefined;
  run: () => void;
  cancelled: boolean;
}

/** Something that is to happen and may be called off. */
export interface Cancellable {
  cancelled: boolean;
}

const realImmediate = setImmediate;
const processes = new AsyncLocalStorage<SimProcess>();

/** The process whose code runs now. */
export function currentProcess(): SimProcess | undefined {
  return processes.getStore();
}

/**
 * Time, chance and order of a simulation. One event happens after the other; between two of them everything that the
 * first one has set going, as promises and ticks, runs to its end. So a seed decides everything.
 */
export class Kernel {
  readonly random: Random;
  /** Milliseconds since the simulation began. */
  now = 0;
  /** A checksum of everything that has happened. */
  digest = 0;
  events = 0;
  private readonly queue = new EventQueue<Due>();
  /** Gets a line for each thing worth to be read. */
  onTrace: ((line: string) => void) | undefined;

  constructor(readonly seed: number) {
    this.random = new Random(seed);
  }

  /** The wall clock of the process whose code runs now. */
  get wallClock(): number {
    return Math.floor(EPOCH + this.now + (currentProcess()?.clockOffset ?? 0));
  }

  /** Has something happen in a process, unless that is dead by then. */
  after(delayMs: number, process: SimProcess | undefined, run: () => void): Cancellable {
    const due: Due = { process, run, cancelled: false };
    this.queue.add(this.now + Math.max(0, delayMs), due);
    return due;
  }

  /** Resolves when so much simulated time has passed. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayMs, currentProcess(), resolve);
    });
  }

  /** Runs until the time, or until the condition holds. */
  async run(until: number, isDone: () => boolean = () => false): Promise<void> {
    await settle();
    while (!isDone()) {
      if (this.queue.nextAt > until) {
        if (until !== Infinity) this.now = until;
        return;
      }
      this.now = this.queue.nextAt;
      const due = this.queue.take();
      if (!due || due.cancelled) continue;
      this.happen(due);
      // oxlint-disable-next-line no-await-in-loop -- one event after the other is what this is for
      await settle();
    }
  }

  /** Runs code as that of a process. */
  as<Result>(process: SimProcess, work: () => Result): Result {
    return processes.run(process, work);
  }

  resume(process: SimProcess): void {
    process.paused = false;
    for (const run of process.backlog.splice(0)) this.after(0, process, run);
  }

  /** Notes what happened: in the digest always, in the trace when somebody reads it. */
  trace(what: string, details?: () => string): void {
    this.digest = crc32(`${this.now.toFixed(3)} ${what}`, this.digest);
    this.onTrace?.(`${this.timestamp} ${what}${details ? ` ${details()}` : ''}`);
  }

  private get timestamp(): string {
    return `${(this.now / 1000).toFixed(4).padStart(11)}s`;
  }

  private happen({ process, run }: Due): void {
    this.events += 1;
    if (!process) return run();
    if (!process.alive) return undefined;
    if (process.paused) return void process.backlog.push(run);
    return processes.run(process, run);
  }
}

/** Resolves when all microtasks and ticks have run. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    realImmediate(resolve);
  });
}
