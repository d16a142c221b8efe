/** On a class: its {@link WorkflowMetadata}. */
export const WORKFLOW_METADATA = 'ground-control:workflow';

/** On a method: the {@link HandlerMetadata} of each decorator that it carries. */
export const HANDLERS_METADATA = 'ground-control:handlers';

/** On a method: its {@link TaskMetadata}. */
export const TASK_METADATA = 'ground-control:task';
