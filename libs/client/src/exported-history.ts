import {
  decodeMessage,
  encodeMessage,
  type HistoryEvent,
  InvalidInputError,
  type ValueCodec,
  type WireHistoryEvent,
} from '@ground-control/protocol';

import { decodeEvent } from './history-event.js';

/** A history event for people to read, with what it was made from for a replay. */
export type ExportedEvent = HistoryEvent & {
  /** The event as it is kept, in base64: JSON has no form for some values, and encrypted ones stay encrypted. */
  recorded: string;
};

export function exportEvent(event: WireHistoryEvent, values: ValueCodec): ExportedEvent {
  const recorded = Buffer.from(encodeMessage(event)).toString('base64');
  return { ...decodeEvent(event, values), recorded };
}

/**
 * The events that were exported, as they are kept.
 *
 * @throws InvalidInputError when these are no exported events
 */
export function importEvents(exported: unknown): WireHistoryEvent[] {
  if (!Array.isArray(exported)) throw new InvalidInputError('A history is an array of events.');
  return exported.map((event: unknown, index) => importEvent(event, index));
}

function importEvent(event: unknown, index: number): WireHistoryEvent {
  const recorded = (event as { recorded?: unknown } | null)?.recorded;
  if (typeof recorded !== 'string')
    throw new InvalidInputError(
      `Event ${index + 1} has no field "recorded": write the file with gctl workflow history <id> --json.`,
    );
  try {
    return decodeMessage(Buffer.from(recorded, 'base64')) as WireHistoryEvent;
  } catch (error) {
    throw new InvalidInputError(`Event ${index + 1}: its field "recorded" cannot be read.`, { cause: error });
  }
}
