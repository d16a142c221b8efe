import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Task, TaskContext } from '@ground-control/workflow';
import { far } from './far-end.js';

/** What a task returns: no two executions of a body return the same. */
export interface TaskResult {
  key: string;
  nonce: number;
}

/** Tasks with an effect outside of the system, which notes each time that a body begins. */
@Injectable()
export class SimTasks {
  @Task({ retry: { maxAttempts: 4, initialDelay: '200ms', jitter: 0.5 } })
  async work(longestMs: number): Promise<TaskResult> {
    const { idempotencyKey, run, step } = TaskContext.current();
    far.note({ what: 'started', runId: run.id, key: idempotencyKey, attempt: step.attempt });
    await delay(Math.random() * longestMs);
    if (Math.random() < 0.1) throw new Error('flaky');
    return { key: idempotencyKey, nonce: Math.floor(Math.random() * 2 ** 40) };
  }
}
