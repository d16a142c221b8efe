/** Says that a worker is ready, and has it closed when it is told to end; it ends with the process that started it. */
export function workerIsReady(close: () => Promise<unknown>): void {
  process.once('SIGTERM', () => {
    void close()
      .catch(() => {})
      .finally(() => process.exit(0));
  });
  process.once('disconnect', () => process.exit(0));
  process.send?.({ kind: 'ready' });
}

/** A variable of the environment that the process is always started with. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set.`);
  return value;
}
