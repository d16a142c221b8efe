/** What happens to an embedded nats-server. */
export type NatsServerEvent =
  /** It serves JetStream, for the first time or again. */
  | { kind: 'ready'; pid: number; port: number }
  /** It ended, and nobody had asked it to. */
  | { kind: 'died'; pid: number; code: number | null; signal: NodeJS.Signals | null; logTail: string }
  /** It is about to be started again; `attempt` counts from 1 and back to 1 when it ran well for a while. */
  | { kind: 'restarting'; attempt: number; delayMs: number }
  /** It could not be started again; the next attempt follows. */
  | { kind: 'restart-failed'; attempt: number; error: Error }
  /** It ended because it was asked to. */
  | { kind: 'stopped'; pid: number };
