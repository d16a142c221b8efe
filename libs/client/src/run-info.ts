import type { RunInfo, ValueCodec, WireRunInfo } from '@ground-control/protocol';

import { failureInfo } from './failure-error.js';

/** Decodes a run's listing row: times become Dates, the details of its error are what they were. */
export function decodeRunInfo(run: WireRunInfo, values: ValueCodec): RunInfo {
  const { startedAt, closedAt, waitingFor, error, ...rest } = run;
  return {
    ...withoutUndefined(rest),
    startedAt: new Date(startedAt),
    ...(closedAt !== undefined && { closedAt: new Date(closedAt) }),
    ...(waitingFor && { waitingFor: decodeWaitingFor(waitingFor) }),
    ...(error && { error: failureInfo(error, values) }),
  };
}

function decodeWaitingFor({
  until,
  ...rest
}: NonNullable<WireRunInfo['waitingFor']>): NonNullable<RunInfo['waitingFor']> {
  return { ...rest, ...(until !== undefined && { until: new Date(until) }) };
}

// A field that is absent is absent, whatever the coordinator's way of saying so.
function withoutUndefined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
