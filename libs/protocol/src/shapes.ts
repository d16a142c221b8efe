/**
 * The shapes of the objects that messages and journals hold most of: the names of their fields, in the order in which
 * the code that makes them writes them. An object of such a shape travels as the number of the shape and its values;
 * one of any other shape names its fields in each message, which costs more and says the same.
 *
 * Readers and writers of all releases have to agree on the numbers. A shape is never changed, moved or removed: a new
 * one is added at the end, and frames and journals then get a new version.
 */
export const SHAPES: readonly (readonly string[])[] = [
  // ---- requests ----
  [
    'kind',
    'workflowId',
    'runId',
    'workflowType',
    'input',
    'timeoutMs',
    'delayMs',
    'onConflict',
    'reuse',
    'attributes',
  ],
  ['kind', 'workflowId', 'runId'],
  ['kind', 'workflowId', 'runId', 'eventId', 'event', 'payload'],
  ['kind', 'runId', 'stepSeq', 'attempt', 'offset', 'operations'],
  ['kind', 'runId', 'stepSeq', 'attempt', 'offset', 'operations', 'outcome', 'wantsNext'],
  [
    'kind',
    'partition',
    'runId',
    'stepSeq',
    'attempt',
    'step',
    'handler',
    'input',
    'deadline',
    'remainingMs',
    'failures',
    'cancelRequested',
    'reason',
    'childOutcome',
    'operations',
    'run',
  ],
  ['workflowId', 'workflowType', 'startedAt', 'parent', 'attributes', 'store'],
  // ---- replies ----
  ['kind'],
  ['kind', 'next'],
  ['kind', 'runId', 'existing'],
  ['kind', 'runId', 'status', 'result', 'error', 'reason'],
  // ---- outcomes and operations ----
  ['kind', 'directive', 'updates'],
  ['kind', 'step', 'input', 'delayMs', 'reply'],
  ['kind', 'timeoutMs', 'onTimeout', 'events', 'reply'],
  ['kind', 'result', 'reply'],
  ['kind', 'op', 'at', 'task', 'args', 'digest'],
  ['kind', 'op', 'at', 'durationMs', 'result'],
  ['kind', 'op', 'at', 'value'],
  // ---- journal ----
  ['runId', 'at', 'events'],
  [
    'kind',
    'workflowId',
    'workflowType',
    'input',
    'timeoutAt',
    'startAt',
    'parent',
    'onCompleted',
    'attributes',
  ],
  ['kind', 'stepSeq', 'attempt', 'workerId', 'timeoutMs', 'retry'],
  ['kind', 'stepSeq', 'attempt', 'operations'],
  ['kind', 'stepSeq', 'attempt', 'operations', 'directive', 'updates'],
  ['kind', 'id', 'event', 'payload'],
];
