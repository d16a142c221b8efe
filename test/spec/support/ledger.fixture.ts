import { join } from 'node:path';
import { appendEntry, readEntries } from './chaos/lines.fixture.js';
import { isChaos } from './chaos/run.fixture.js';
import { specFolder } from './chaos/spec-folder.fixture.js';

/**
 * What user code of a spec did, for its tests to read: by run, in order. It outlives a worker that is killed. Entries
 * are data: no functions, no instances of classes.
 */
export class Ledger<T> {
  private readonly noted = new Map<string, T[]>();

  /** @param name one of its own within the spec: it is what the processes know it by */
  constructor(private readonly name: string) {}

  /** Called in user code. */
  note(workflowId: string, entry: T): void {
    if (isChaos) appendEntry(this.file, [workflowId, entry]);
    else this.noted.set(workflowId, [...this.of(workflowId), entry]);
  }

  /** All that was noted of a run, each time that it was. */
  of(workflowId: string): T[] {
    if (!isChaos) return this.noted.get(workflowId) ?? [];
    const entries = readEntries<[string, T]>(this.file);
    return entries.flatMap(([id, entry]) => (id === workflowId ? [entry] : []));
  }

  private get file(): string {
    return join(specFolder(), `ledger-${this.name}`);
  }
}
