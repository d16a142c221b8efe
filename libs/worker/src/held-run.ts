import type { Encoded, RunContext, RunInfo, StoreUpdate } from '@ground-control/protocol';

/** What a worker knows of a run while it runs steps of it. */
export class HeldRun {
  readonly store: Map<string, Encoded>;

  constructor(
    readonly runId: string,
    private readonly context: RunContext,
  ) {
    // Copied: the frame that they came in is let go of.
    this.store = new Map(context.store.map(([key, value]) => [key, value.slice()]));
  }

  get workflowType(): string {
    return this.context.workflowType;
  }

  get workflowId(): string {
    return this.context.workflowId;
  }

  get parent(): RunContext['parent'] {
    return this.context.parent;
  }

  /** Follows what a step of this worker saved. */
  apply(updates: readonly StoreUpdate[]): void {
    for (const [key, value] of updates) {
      if (value === null) this.store.delete(key);
      else this.store.set(key, value);
    }
  }

  /** The run at a glance, while a step of it runs. */
  info(currentStep: string | undefined, attempt: number | undefined): RunInfo {
    const { workflowId, workflowType, startedAt, parent, attributes } = this.context;
    return {
      id: this.runId,
      workflowId,
      workflowType,
      status: 'running',
      startedAt: new Date(startedAt),
      ...(currentStep !== undefined && { currentStep, attempt }),
      ...(parent && { parent }),
      ...(attributes && { attributes }),
    };
  }
}
