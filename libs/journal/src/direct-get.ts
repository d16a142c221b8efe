import { createInbox, type Msg, type NatsConnection } from '@nats-io/nats-core';
import { JournalUncertainError } from './journal-errors.js';

/** How many messages are asked for at a time, at most. */
const BATCH_MESSAGES = 1024;
/** How many bytes are asked for at a time, about: what a replay has in memory. */
const BATCH_BYTES = 2 * 1024 * 1024;
/** End of the batch, no message found, nobody who answers direct gets. */
const NOTHING_MORE: ReadonlySet<number> = new Set([204, 404, 503]);

/** What a stream is read through. */
export interface DirectGetSource {
  connection: NatsConnection;
  stream: string;
  /** How long the server may take for the next message, in milliseconds. */
  timeoutMs: number;
  inboxPrefix: string | undefined;
}

/** What is read of a stream. */
export interface DirectGetRange {
  first: number;
  last: number;
  /** Only what was published to this subject, which may have wildcards: then what is handed over may have gaps. */
  subject?: string | undefined;
  onMessage: (sequence: number, body: Uint8Array, subject: string) => void;
  /** Ends the reading: what it is aborted with is thrown, and nothing more is handed over. */
  signal: AbortSignal;
}

/**
 * Reads a batch of a stream by a direct get: there is no consumer to create, and no state stays on the server. Hands
 * over messages from `first` on, in order, as far as the server that answers has them without a gap.
 *
 * @returns the sequence after the last one that was handed over
 * @throws JournalUncertainError when no answer comes in time
 */
export function directGet(source: DirectGetSource, range: DirectGetRange): Promise<number> {
  return new Promise((resolve, reject) => {
    new DirectGet(source, range, resolve, reject).request();
  });
}

class DirectGet {
  private next: number;
  private readonly inbox: string;
  private readonly timer: NodeJS.Timeout;
  private readonly stopListening: () => void;

  constructor(
    private readonly source: DirectGetSource,
    private readonly range: DirectGetRange,
    private readonly resolve: (next: number) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    const { connection, inboxPrefix, stream, timeoutMs } = source;
    this.next = range.first;
    this.inbox = createInbox(inboxPrefix);
    const subscription = connection.subscribe(this.inbox, {
      callback: (error, message) => {
        if (error) this.fail(error);
        else this.take(message);
      },
    });
    this.stopListening = () => subscription.unsubscribe();
    this.timer = setTimeout(() => {
      this.fail(new JournalUncertainError(`${stream}: nothing was read within ${timeoutMs} ms.`));
    }, timeoutMs);
    range.signal.addEventListener('abort', this.abort, { once: true });
  }

  request(): void {
    const { first, last, subject } = this.range;
    const count = Math.min(BATCH_MESSAGES, last - first + 1);
    const filter = subject === undefined ? {} : { next_by_subj: subject };
    const body = JSON.stringify({ seq: first, batch: count, max_bytes: BATCH_BYTES, ...filter });
    try {
      this.range.signal.throwIfAborted();
      this.source.connection.publish(`$JS.API.DIRECT.GET.${this.source.stream}`, body, { reply: this.inbox });
    } catch (error) {
      this.fail(error);
    }
  }

  private take(message: Msg): void {
    try {
      if (isEnd(message) || !this.isNext(sequenceOf(message))) return this.finish();
      const sequence = sequenceOf(message);
      this.range.onMessage(sequence, message.data, message.headers?.get('Nats-Subject') ?? '');
      this.next = sequence + 1;
      this.timer.refresh();
    } catch (error) {
      this.fail(error);
    }
  }

  private isNext(sequence: number): boolean {
    const { subject, last } = this.range;
    return subject === undefined ? sequence === this.next : sequence >= this.next && sequence <= last;
  }

  private finish(): void {
    this.stop();
    this.resolve(this.next);
  }

  private fail(error: unknown): void {
    this.stop();
    this.reject(error);
  }

  private readonly abort = (): void => {
    this.fail(this.range.signal.reason);
  };

  private stop(): void {
    clearTimeout(this.timer);
    this.stopListening();
    this.range.signal.removeEventListener('abort', this.abort);
  }
}

/** @throws JournalUncertainError for a status that says neither message nor end */
function isEnd({ headers }: Msg): boolean {
  const code = headers?.code ?? 0;
  if (NOTHING_MORE.has(code)) return true;
  if (code === 0) return false;
  throw new JournalUncertainError(`A stream was not read: ${headers?.status ?? code}.`);
}

function sequenceOf({ headers }: Msg): number {
  return Number(headers?.get('Nats-Sequence'));
}
