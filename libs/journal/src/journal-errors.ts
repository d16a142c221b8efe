import { GroundControlError } from '@ground-control/protocol';

/** Another leader wrote to the journal: this one's term is over. */
export class JournalFencedError extends GroundControlError {
  static override readonly code = 'JOURNAL_FENCED';
}

/** It is unknown whether an append landed: only a replay tells. */
export class JournalUncertainError extends GroundControlError {
  static override readonly code = 'JOURNAL_UNCERTAIN';
}

/** A journal is not what was written; `details` has the partition and the sequence. Nothing may be decided upon it. */
export class JournalCorruptError extends GroundControlError {
  static override readonly code = 'JOURNAL_CORRUPT';
  readonly partition: number;
  readonly sequence: number;

  constructor(partition: number, sequence: number, what: string, options: { cause?: unknown } = {}) {
    super(`Journal of partition ${partition}, sequence ${sequence}: ${what}`, {
      ...options,
      details: { partition, sequence },
    });
    this.partition = partition;
    this.sequence = sequence;
  }
}
