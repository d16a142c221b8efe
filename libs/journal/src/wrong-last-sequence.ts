import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';

/** Whether a write was refused because somebody else wrote before it. */
export function isWrongLastSequence(error: unknown): boolean {
  return (
    error instanceof JetStreamApiError &&
    (error.code === JetStreamApiCodes.StreamWrongLastSequence ||
      error.code === JetStreamApiCodes.StreamWrongLastSequenceUnknown)
  );
}
