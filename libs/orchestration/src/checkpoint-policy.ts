/** When runs are checkpointed, evicted and forgotten, and the journal purged. All in milliseconds. */
export interface CheckpointPolicy {
  /** How often a checkpoint is made, and how old a run is that gets one. @defaultValue 10 s */
  intervalMs: number;
  /**
   * How long after a checkpoint the journal is purged of what it has: longer than the storage takes to write to its
   * disk what it acknowledged (NATS: two minutes). @defaultValue 5 min
   */
  purgeDelayMs: number;
  /** How long a run waits, with nothing to do as long again, until it is evicted from memory. @defaultValue 30 s */
  idleAfterMs: number;
  /** How long runs are kept after they ended, unless their type says otherwise. @defaultValue 30 days */
  retentionMs: number;
}

export const DEFAULT_CHECKPOINT_POLICY: CheckpointPolicy = {
  intervalMs: 10_000,
  purgeDelayMs: 5 * 60_000,
  idleAfterMs: 30_000,
  retentionMs: 30 * 24 * 60 * 60_000,
};
