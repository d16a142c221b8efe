import type { AssignmentKey } from '@ground-control/protocol';

/** The last attempts of runs whose steps ended here: as many as `limit`, and at most twice as many. */
export class RecentRuns {
  private young = new Map<string, AssignmentKey>();
  private old = new Map<string, AssignmentKey>();

  constructor(private readonly limit: number) {}

  get(runId: string): AssignmentKey | undefined {
    return this.young.get(runId) ?? this.old.get(runId);
  }

  remember(key: AssignmentKey): void {
    // One map at a time is forgotten whole: taking the oldest out of a large one, each time, is slow.
    if (this.young.size >= this.limit) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key.runId, key);
  }
}
