import { pathToFileURL } from 'node:url';

import type { RunKind } from '../workloads.js';
import type { ClientAnswer, ClientCommand } from './client-messages.js';
import type { Sample } from './closed-loop.js';
import type { DriverSettings } from './driver.js';
import type { ManagedProcess } from './managed-process.js';
import { modulePath } from './paths.js';

const ANSWER_TIMEOUT_MS = 30_000;
/** How long what is in flight may take to end. */
const STOP_TIMEOUT_MS = 60_000;

export interface Load {
  run: RunKind;
  inFlight: number;
  /** How large a run is, for those kinds that have a size. */
  size?: number | undefined;
  /** How many runs in all; without it until {@link LoadClient.stop}. */
  limit?: number | undefined;
}

/** The load generator, which runs in a process of its own. Every call fails with the first run that failed. */
export class LoadClient {
  constructor(private readonly process: ManagedProcess) {}

  async connect(driver: string, settings: DriverSettings): Promise<void> {
    await this.#tell({ kind: 'connect', driver: pathToFileURL(modulePath(driver)).href, settings });
  }

  /** Begins to keep runs in flight. */
  async start(load: Load): Promise<void> {
    await this.#tell({ kind: 'start', ...load });
  }

  /** Begins to count. */
  async begin(): Promise<void> {
    await this.#tell({ kind: 'begin' });
  }

  /** What was seen since {@link begin}, or since the start; the load goes on. */
  seen(): Promise<Sample> {
    return this.#sample({ kind: 'sample' }, ANSWER_TIMEOUT_MS);
  }

  /** Waits until a limited load is done; what was seen of it. */
  finish(timeoutMs: number): Promise<Sample> {
    return this.#sample({ kind: 'finish' }, timeoutMs);
  }

  /** Ends the load; resolves when what is in flight has ended. */
  async stop(): Promise<void> {
    await this.#tell({ kind: 'stop' }, STOP_TIMEOUT_MS);
  }

  async #sample(command: ClientCommand, timeoutMs: number): Promise<Sample> {
    const sample = await this.#tell(command, timeoutMs);
    if (!sample) throw new Error('The client has seen nothing.');
    return sample;
  }

  async #tell(command: ClientCommand, timeoutMs: number = ANSWER_TIMEOUT_MS): Promise<Sample | undefined> {
    const answer = await this.process.ask<ClientCommand, ClientAnswer>(command, timeoutMs);
    if (answer.kind === 'failed') throw new Error(`A run failed: ${answer.error}`);
    return answer.sample;
  }
}
