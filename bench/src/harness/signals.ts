import { stopEverything } from './turn.js';

const INTERRUPTED = 130;

/** Has an interrupted benchmark stop its engines before it ends. */
export function exitInOrder(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void stopEverything().finally(() => process.exit(INTERRUPTED));
    });
  }
}
