import {
  type Directive,
  type Failure,
  sealFailure,
  toMilliseconds,
  type ValueCodec,
} from '@ground-control/protocol';
import type { DirectivePlan } from '@ground-control/workflow';
import type { Failures } from './failures.js';

type FailedPlan = Extract<DirectivePlan, { kind: 'fail' }>;

/** Encodes what a step decided. @throws UnencodableValueError, PayloadTooLargeError */
export function encodeDirective(plan: DirectivePlan, values: ValueCodec, failures: Failures): Directive {
  if (plan.kind === 'fail') return { kind: 'fail', error: encodeError(plan.error, values, failures) };
  const reply = values.encode(plan.reply, 'reply');
  switch (plan.kind) {
    case 'step': {
      const { kind, step, delay } = plan;
      const input = values.encode(plan.input, `input of step ${step}`);
      return { kind, step, input, delayMs: delay === undefined ? undefined : toMilliseconds(delay), reply };
    }
    case 'wait': {
      const { kind, timeout, onTimeout, events } = plan;
      const timeoutMs = timeout === undefined ? undefined : toMilliseconds(timeout);
      return { kind, timeoutMs, onTimeout, events, reply };
    }
    case 'complete':
      return { kind: plan.kind, result: values.encode(plan.result, 'result of the workflow'), reply };
  }
}

function encodeError(error: FailedPlan['error'], values: ValueCodec, failures: Failures): Failure {
  if (error instanceof Error) return failures.encode(error);
  const { type, message, details } = error;
  return sealFailure({ type, message, details: values.encode(details, 'details of the error') }, values);
}
