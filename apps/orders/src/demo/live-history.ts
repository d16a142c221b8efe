import type { HistoryEvent, HistoryEventKind, WorkflowHandle } from '@ground-control/nestjs';

/** The history of a run, as it comes in. */
export class LiveHistory {
  readonly events: HistoryEvent[] = [];
  #ended = false;
  #error: Error | undefined;

  constructor(handle: WorkflowHandle, onEvent: (event: HistoryEvent) => void) {
    handle.watch().subscribe({
      next: (event) => {
        this.events.push(event);
        onEvent(event);
      },
      complete: () => (this.#ended = true),
      error: (error: Error) => (this.#error = error),
    });
  }

  /** Whether the run has ended and all of its events are here. @throws the error that broke it off */
  get ended(): boolean {
    if (this.#error) throw this.#error;
    return this.#ended;
  }

  /** Whether every event is here once and in its place. */
  get isWhole(): boolean {
    return this.events.every((event, index) => event.seq === index + 1);
  }

  ofKind<K extends HistoryEventKind>(kind: K): Extract<HistoryEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<HistoryEvent, { kind: K }> => event.kind === kind);
  }

  completed(task: string): Extract<HistoryEvent, { kind: 'task.completed' }>[] {
    return this.ofKind('task.completed').filter((event) => event.task === task);
  }
}
