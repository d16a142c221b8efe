const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Ctrl-C may arrive more than once: from the terminal, and from npm, which passes it on. */
const SAME_INTERRUPTION_MS = 1_000;
const INTERRUPTED_EXIT_CODE = 130;

/**
 * Resolves at Ctrl-C, SIGTERM or SIGHUP, and when the process at the other end of this one's channel ends. Who then
 * presses Ctrl-C again ends this process at once.
 */
export function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    const interrupt = (): void => {
      firstAt ??= performance.now();
      if (performance.now() - firstAt > SAME_INTERRUPTION_MS) process.exit(INTERRUPTED_EXIT_CODE);
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, interrupt);
    process.once('disconnect', () => resolve());
    // Whoever waits for the channel to close keeps a process alive that has nothing else to do.
    process.channel?.unref();
  });
}
