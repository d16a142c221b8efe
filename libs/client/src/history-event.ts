import type {
  Encoded,
  Failure,
  HistoryEvent,
  StoreChangeOf,
  ValueCodec,
  WireHistoryEvent,
} from '@ground-control/protocol';

import { failureInfo } from './failure-error.js';

type Decode = (value: unknown, values: ValueCodec) => unknown;

const time: Decode = (value) => new Date(value as number);
const encoded: Decode = (value, values) => values.decode(value as Encoded | undefined);
const storeChanges: Decode = (value, values) =>
  (value as StoreChangeOf<Encoded>[]).map((change) =>
    'value' in change ? { ...change, value: values.decode(change.value) } : change,
  );
const failure: Decode = (value, values) => failureInfo(value as Failure, values);

// The fields that are something else on the wire; a field has the same meaning in every kind of event that has it.
const DECODERS: Record<string, Decode> = {
  at: time,
  until: time,
  input: encoded,
  args: encoded,
  result: encoded,
  payload: encoded,
  error: failure,
  store: storeChanges,
};

/**
 * Decodes a history event: times become Dates, values (which may be undefined) and the details of errors are what they
 * were, and optional fields that have no value are absent.
 */
export function decodeEvent(event: WireHistoryEvent, values: ValueCodec): HistoryEvent {
  const fields = Object.entries(event)
    .filter(([field, value]) => field !== 'replay' && (value !== undefined || DECODERS[field] === encoded))
    .map(([field, value]) => [field, decodeField(field, value, values)]);
  const decoded = Object.fromEntries(fields) as HistoryEvent;
  if (event.kind === 'now.recorded') return { ...decoded, value: new Date(event.value) } as HistoryEvent;
  return decoded;
}

function decodeField(field: string, value: unknown, values: ValueCodec): unknown {
  const decode = value === undefined ? undefined : DECODERS[field];
  return decode ? decode(value, values) : value;
}
