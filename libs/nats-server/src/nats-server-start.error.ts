/** Why a nats-server did not start. */
export type NatsServerStartFailure = 'port-in-use' | 'store-in-use' | 'exited' | 'not-ready';

/** A nats-server was there, but it did not get ready. Its message says why and ends with the tail of its log. */
export class NatsServerStartError extends Error {
  static readonly code: string = 'NATS_SERVER_START_FAILED';
  override readonly name: string = 'NatsServerStartError';
  readonly code: string = NatsServerStartError.code;

  constructor(
    readonly failure: NatsServerStartFailure,
    message: string,
    /** The last lines that the server logged in this start; empty when it was not run. */
    readonly logTail: string = '',
  ) {
    super(logTail === '' ? message : `${message}\nIts log ends:\n${logTail.replaceAll(/^/gm, '  ')}`);
  }
}
