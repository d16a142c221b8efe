import {
  assertName,
  type Attributes,
  type ConflictPolicy,
  type Duration,
  InvalidInputError,
  type ReusePolicy,
  type StartWorkflow,
  toMilliseconds,
  type ValueCodec,
} from '@ground-control/protocol';

import { newId } from './identifiers.js';

/** How a run is started. */
export interface StartOptions<Input = unknown> {
  /** The workflow id: at most one run of it is active. @defaultValue a new ULID */
  id?: string | undefined;
  /** The second argument of the workflow's `@Start` method. */
  input?: Input | undefined;
  /** The time that the run may take. @defaultValue the workflow's own, or none */
  timeout?: Duration | undefined;
  /** How long the run waits before its first step. @defaultValue 0 */
  delay?: Duration | undefined;
  /** What happens when a run of the id is active. @defaultValue 'fail' */
  onConflict?: ConflictPolicy | undefined;
  /** Whether an id may be used again after its last run ended. @defaultValue 'allow' */
  reuse?: ReusePolicy | undefined;
  /** Labels to find the run by. */
  attributes?: Attributes | undefined;
  /** The run id, which should be a ULID: starting twice with the same one starts one run. @defaultValue a new ULID */
  runId?: string | undefined;
}

const CONFLICT_POLICIES: readonly string[] = ['fail', 'useExisting', 'terminateExisting'];
const REUSE_POLICIES: readonly string[] = ['allow', 'allowIfFailed', 'reject'];
// A run id is a part of subjects.
const RUN_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** @throws InvalidInputError naming the option that is not valid */
export function startRequest(workflowType: string, options: StartOptions, values: ValueCodec): StartWorkflow {
  assertName(workflowType, 'The workflow type');
  const { id = newId(), runId = newId() } = options;
  assertName(id, 'The workflow id');
  assertRunId(runId);
  return {
    kind: 'workflow.start',
    workflowId: id,
    runId,
    workflowType,
    input: values.encode(options.input, 'input'),
    timeoutMs: milliseconds(options.timeout, 'timeout'),
    delayMs: milliseconds(options.delay, 'delay'),
    onConflict: oneOf(CONFLICT_POLICIES, options.onConflict, 'onConflict'),
    reuse: oneOf(REUSE_POLICIES, options.reuse, 'reuse'),
    attributes: checkedAttributes(options.attributes),
  };
}

/** @throws InvalidInputError unless the run id is 1 to 64 letters, digits, `_` or `-` */
export function assertRunId(runId: unknown): asserts runId is string {
  if (typeof runId === 'string' && RUN_ID.test(runId)) return;
  throw new InvalidInputError(
    `The run id ${JSON.stringify(runId)}: use 1 to 64 letters, digits, "_" or "-".`,
  );
}

/** @throws InvalidInputError unless every attribute is text, a finite number or a boolean */
export function checkedAttributes(attributes: Attributes | undefined): Attributes | undefined {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) continue;
    throw new InvalidInputError(`attributes.${name} must be text, a finite number or a boolean.`);
  }
  return attributes;
}

function milliseconds(duration: Duration | undefined, what: string): number | undefined {
  return duration === undefined ? undefined : toMilliseconds(duration, what);
}

// Checked here as well as by the compiler: options come from JSON and command lines too.
function oneOf<T extends string>(
  allowed: readonly string[],
  value: T | undefined,
  what: string,
): T | undefined {
  if (value === undefined || allowed.includes(value)) return value;
  throw new InvalidInputError(`${what} must be one of ${allowed.join(', ')}, not ${JSON.stringify(value)}.`);
}
