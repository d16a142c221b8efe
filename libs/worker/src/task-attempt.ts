import { type RunInfo, TaskTimeoutError } from '@ground-control/protocol';
import { type CurrentTask, runAsTask, type StepInfo, type TaskDefinition } from '@ground-control/workflow';
import type { CallHost } from './call-host.js';
import { LazyAbort } from './lazy-abort.js';
import { Timer } from './timer.js';

/** One attempt of a task, and what its body may know of it. */
export class TaskAttempt implements CurrentTask {
  private readonly abortion = new LazyAbort();

  constructor(
    private readonly host: CallHost,
    private readonly op: number,
    readonly attempt: number,
  ) {}

  get idempotencyKey(): string {
    return `${this.host.runId}.${this.host.stepSeq}.${this.op}`;
  }

  get signal(): AbortSignal {
    return this.abortion.signal;
  }

  get run(): RunInfo {
    return this.host.runInfo;
  }

  get step(): StepInfo {
    return this.host.stepInfo;
  }

  abort(reason: Error): void {
    this.abortion.abort(reason);
  }

  /** Calls the body. @throws TaskTimeoutError when it takes longer than the task's timeout */
  perform({ name, timeoutMs }: TaskDefinition, body: () => unknown): unknown {
    return timeoutMs === undefined ? runAsTask(this, body) : this.performWithin(timeoutMs, name, body);
  }

  private async performWithin(timeoutMs: number, name: string, body: () => unknown): Promise<unknown> {
    let timer: Timer | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = new Timer(timeoutMs, () => reject(this.timeOut(name, timeoutMs)));
    });
    try {
      return await Promise.race([runAsTask(this, body), timeout]);
    } finally {
      timer?.stop();
    }
  }

  private timeOut(name: string, timeoutMs: number): TaskTimeoutError {
    const error = new TaskTimeoutError(
      `Task ${name} was not done within ${timeoutMs} ms (attempt ${this.attempt}).`,
    );
    this.abort(error);
    return error;
  }
}
