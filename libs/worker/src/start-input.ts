import { handlersOf } from '@ground-control/workflow';
import type { Type } from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';
import { inputTypeOf } from './input-type.js';
import { validated } from './validated.js';

/** A workflow class. */
type WorkflowClass = abstract new (...args: never[]) => unknown;

const inputTypes = new WeakMap<WorkflowClass, { type: Type<object> | undefined }>();

/**
 * Checks the input of a run before it is started, as the worker that runs its start does, so that who starts it hears
 * what is wrong with it and no run comes of it.
 *
 * @throws InvalidInputError whose `details` list the fields
 */
export async function checkStartInput(workflow: WorkflowClass, input: unknown): Promise<void> {
  const { type } = inputTypes.get(workflow) ?? remember(workflow);
  if (type) await validated(type, input, `The input of ${workflow.name}`);
}

function remember(workflow: WorkflowClass): { type: Type<object> | undefined } {
  const found = { type: startInputType(workflow.prototype as Record<string, object>) };
  inputTypes.set(workflow, found);
  return found;
}

function startInputType(prototype: Record<string, object>): Type<object> | undefined {
  const isStart = (name: string): boolean =>
    handlersOf(prototype[name] ?? {}).some(({ kind }) => kind === 'start');
  const start = new MetadataScanner().getAllMethodNames(prototype).find(isStart);
  return start === undefined ? undefined : inputTypeOf(prototype, start);
}
