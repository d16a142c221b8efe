import { Task } from '@ground-control/nestjs';
import { Inject, Injectable } from '@nestjs/common';

import { type Message, MODEL, type Model, type Turn } from './model.js';

@Injectable()
export class ModelTasks {
  constructor(@Inject(MODEL) private readonly model: Model) {}

  /**
   * Asks the model. It would say something else the next time: as a task it is asked once, and a replay hears what it
   * said then.
   */
  @Task({ retry: { maxAttempts: 5, initialDelay: '1s', maxDelay: '1m', jitter: 0.2 }, timeout: '2m' })
  async think(conversation: Message[]): Promise<Turn> {
    return this.model.next(conversation);
  }
}
