import { InvalidInputError } from './errors.js';

/** The longest workflow id, workflow type or name (of a step, task, event, …), in UTF-16 units. */
export const MAX_NAME_LENGTH = 512;

/** The number of partitions of a new namespace. */
export const DEFAULT_PARTITIONS = 4;

/**
 * The partition of a workflow id: FNV-1a over its UTF-16 units, modulo the number of partitions.
 * It is part of the wire format: every process of a namespace must agree on it.
 */
export function partitionOf(workflowId: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < workflowId.length; index++) {
    hash = Math.imul(hash ^ workflowId.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % partitions;
}

/** @throws InvalidInputError when a name is empty, no text or longer than {@link MAX_NAME_LENGTH} */
export function assertName(value: unknown, what: string): asserts value is string {
  if (typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME_LENGTH) return;
  throw new InvalidInputError(`${what} must be text of 1 to ${MAX_NAME_LENGTH} characters.`);
}
