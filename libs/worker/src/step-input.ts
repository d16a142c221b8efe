import type { Assignment } from '@ground-control/protocol';
import { childOutcome } from './child-outcome.js';
import type { ServedHandler } from './served-workflow.js';
import type { StepServices } from './step-services.js';
import { validated } from './validated.js';

/**
 * What a handler is called with; a promise where it is built and validated.
 *
 * @throws InvalidInputError when it does not pass
 */
export function inputOf(
  assignment: Assignment,
  { inputType, method }: ServedHandler,
  { values }: StepServices,
): unknown {
  if (assignment.handler === 'cancel') return assignment.reason;
  if (assignment.childOutcome) return childOutcome(assignment.childOutcome, values);
  const input = values.decode(assignment.input);
  return inputType ? validated(inputType, input, `The input of ${method}`) : input;
}
