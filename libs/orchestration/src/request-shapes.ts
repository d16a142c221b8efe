import { MAX_NAME_LENGTH, type PartitionRequest } from '@ground-control/protocol';

/** What a field of a request must be; with `?` it may be absent. */
type FieldShape =
  | 'name'
  | 'text'
  | 'count'
  | 'bytes'
  | 'list'
  | 'object'
  | 'flag'
  | `${'name' | 'text' | 'count' | 'bytes' | 'list' | 'object' | 'flag'}?`;

const RUN = { workflowId: 'name', runId: 'name?' } as const;
const ATTEMPT = {
  runId: 'name',
  stepSeq: 'count',
  attempt: 'count',
  offset: 'count',
  operations: 'list',
} as const;

/** The fields of every request that a partition takes. The values in them are opaque here. */
const SHAPES: Record<PartitionRequest['kind'], Record<string, FieldShape>> = {
  'workflow.start': {
    ...RUN,
    runId: 'name',
    workflowType: 'name',
    input: 'bytes?',
    timeoutMs: 'count?',
    delayMs: 'count?',
    onConflict: 'text?',
    reuse: 'text?',
    attributes: 'object?',
    parent: 'object?',
    onCompleted: 'name?',
  },
  'workflow.result': RUN,
  'workflow.describe': RUN,
  'workflow.history': { ...RUN, after: 'count', limit: 'count', wait: 'flag?' },
  'workflow.send': { ...RUN, eventId: 'name', event: 'name', payload: 'bytes?' },
  'workflow.query': { ...RUN, query: 'name', args: 'bytes?' },
  'workflow.update': { ...RUN, updateId: 'name', update: 'name', payload: 'bytes?' },
  'workflow.cancel': { ...RUN, requestId: 'name?', reason: 'text?' },
  'workflow.terminate': { ...RUN, requestId: 'name?', reason: 'text?' },
  'workflow.list': {
    limit: 'count',
    before: 'name?',
    beforeStartedAt: 'count?',
    type: 'name?',
    status: 'list?',
    idPrefix: 'text?',
    attributes: 'object?',
  },
  'workflow.count': {},
  'partition.describe': {},
  'step.record': ATTEMPT,
  'step.result': { ...ATTEMPT, outcome: 'object', wantsNext: 'flag' },
  'child.ended': { ...RUN, outcome: 'object' },
};

const shapes = new Map(Object.entries(SHAPES).map(([kind, fields]) => [kind, Object.entries(fields)]));

const OUTCOMES: ReadonlySet<unknown> = new Set(['directive', 'failed', 'released']);
const DIRECTIVES: ReadonlySet<unknown> = new Set(['step', 'wait', 'complete', 'fail']);

/** What is wrong with a request, in words for its sender; undefined when nothing is. */
export function faultOf(request: { kind: string }): string | undefined {
  return fieldFault(request) ?? contentFault(request);
}

function contentFault({
  kind,
  operations,
  outcome,
}: {
  kind: string;
  operations?: unknown;
  outcome?: unknown;
}): string | undefined {
  if (Array.isArray(operations) && !operations.every(isOperation))
    return `${kind}: operations must be operations.`;
  return kind === 'step.result' && !isOutcome(outcome)
    ? `${kind}: outcome is none that a step can have.`
    : undefined;
}

function isOperation(value: unknown): boolean {
  const { kind, op } = (value ?? {}) as { kind?: unknown; op?: unknown };
  return typeof kind === 'string' && Number.isInteger(op);
}

function isOutcome(value: unknown): boolean {
  const { kind, directive, updates } = value as {
    kind?: unknown;
    directive?: { kind?: unknown };
    updates?: unknown;
  };
  if (!OUTCOMES.has(kind)) return false;
  return (
    kind !== 'directive' ||
    (DIRECTIVES.has(directive?.kind) && Array.isArray(updates) && updates.every(isUpdate))
  );
}

function isUpdate(update: unknown): boolean {
  if (!Array.isArray(update) || typeof update[0] !== 'string') return false;
  return update[1] === null || update[1] instanceof Uint8Array;
}

function fieldFault(request: { kind: string }): string | undefined {
  const fields = shapes.get(request.kind);
  if (!fields) return `${JSON.stringify(request.kind.slice(0, 80))} is no request that a partition takes.`;
  for (const [field, shape] of fields) {
    if (!fits((request as Record<string, unknown>)[field], shape)) {
      return `${request.kind}: ${field} must be ${inWords(shape)}.`;
    }
  }
  return undefined;
}

function fits(value: unknown, shape: FieldShape): boolean {
  if (value === undefined) return shape.endsWith('?');
  switch (shape.endsWith('?') ? shape.slice(0, -1) : shape) {
    case 'name':
      return typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME_LENGTH;
    case 'text':
      return typeof value === 'string';
    case 'count':
      return typeof value === 'number' && value >= 0 && Number.isFinite(value);
    case 'bytes':
      return value instanceof Uint8Array;
    case 'list':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === 'boolean';
  }
}

const WORDS: Record<string, string> = {
  name: `text of 1 to ${MAX_NAME_LENGTH} characters`,
  text: 'text',
  count: 'a number of 0 or more',
  bytes: 'an encoded value',
  list: 'a list',
  object: 'an object',
  flag: 'true or false',
};

function inWords(shape: FieldShape): string {
  return shape.endsWith('?') ? `${WORDS[shape.slice(0, -1)]}, or absent` : `${WORDS[shape]}`;
}
