import { Injectable } from '@nestjs/common';
import { type HandlerMetadata, handlersOf } from './handler-metadata.js';
import type { TaskMetadata } from './task-metadata.js';
import { taskOf } from './task.decorator.js';
import { type WorkflowMetadata, workflowOf } from './workflow.decorator.js';

/** Reads what the decorators wrote. */
@Injectable()
export class WorkflowMetadataAccessor {
  workflow(target: object): WorkflowMetadata | undefined {
    return workflowOf(target);
  }

  handlers(method: object): HandlerMetadata[] {
    return handlersOf(method);
  }

  task(method: object): TaskMetadata | undefined {
    return taskOf(method);
  }
}
