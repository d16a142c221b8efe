import type { RunKind } from '../workloads.js';

/** How a client reaches an engine: what its server side is told apart by. */
export type DriverSettings = Record<string, string>;

/** Runs workflows on an engine, in the client's process. One module an engine exports `connect`. */
export interface Driver {
  /**
   * Carries one run out: starts it and, but for the kinds `start` and `wait`, awaits its result.
   *
   * @throws Error when it did not end as it should
   */
  run(kind: RunKind, id: string, size?: number): Promise<void>;
  close(): Promise<void>;
}

export type Connect = (settings: DriverSettings) => Promise<Driver>;
