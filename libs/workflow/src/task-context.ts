import { InvalidInputError } from '@ground-control/protocol';
import { type CurrentTask, currentTask } from './task-scope.js';

/** What the body of a task may know of its call. */
export type TaskContext = CurrentTask;

export const TaskContext: {
  /** The task whose body makes this call. @throws InvalidInputError outside of a task that runs in a step */
  current(): TaskContext;
  /** As `current`, or undefined where the method was called plainly. */
  find(): TaskContext | undefined;
} = {
  current(): TaskContext {
    const context = currentTask();
    if (context) return context;
    throw new InvalidInputError(
      'TaskContext.current() was called outside a task that runs in a step. ' +
        'Use TaskContext.find() in a method that is also called plainly.',
    );
  },
  find: currentTask,
};
