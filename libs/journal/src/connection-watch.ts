import type { NatsConnection, Status } from '@nats-io/nats-core';
import { JournalUncertainError } from './journal-errors.js';

/** Knows whether a connection is up, and tells at once when it goes: the NATS client itself waits and retries. */
export class ConnectionWatch {
  private readonly status: AsyncIterator<Status>;
  private life = new AbortController();
  private readonly onUp: Set<() => void> = new Set();
  private readonly onDown: ((reason: string) => void)[] = [];

  constructor(connection: NatsConnection) {
    this.status = connection.status()[Symbol.asyncIterator]();
    void this.follow();
  }

  get connected(): boolean {
    return !this.life.signal.aborted;
  }

  /** Aborted when the connection that is up now is lost. */
  get signal(): AbortSignal {
    return this.life.signal;
  }

  /**
   * Resolves as soon as the connection is up.
   *
   * @throws JournalUncertainError when that takes longer than the timeout
   */
  whenConnected(timeoutMs: number): Promise<void> {
    if (this.connected) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const up = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.onUp.delete(up);
        reject(new JournalUncertainError(`There was no connection to NATS within ${timeoutMs} ms.`));
      }, timeoutMs);
      this.onUp.add(up);
    });
  }

  /** The listener is told each time the connection is lost, and why. */
  onLost(listener: (reason: string) => void): void {
    this.onDown.push(listener);
  }

  /** Stops watching; the connection counts as lost. */
  close(): void {
    void this.status.return?.();
    this.lose('the journal was closed');
  }

  private async follow(): Promise<void> {
    for (let next = await this.status.next(); !next.done; next = await this.status.next()) {
      if (next.value.type === 'disconnect') this.lose('the connection was lost');
      if (next.value.type === 'reconnect') this.regain();
    }
    this.lose('the connection was closed');
  }

  private lose(reason: string): void {
    if (!this.connected) return;
    this.life.abort(new JournalUncertainError(`NATS cannot be asked: ${reason}.`));
    for (const listener of this.onDown) listener(reason);
  }

  private regain(): void {
    if (!this.connected) this.life = new AbortController();
    for (const up of this.onUp) up();
    this.onUp.clear();
  }
}

/** The outcome of work, unless the signal is aborted before: then that is thrown. */
export function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const settled = (): void => signal.removeEventListener('abort', abort);
    work.then(resolve, reject).then(settled, settled);
  });
}
