/** One Ctrl-C may arrive more than once: from the terminal, and from npm, which passes it on. */
const SAME_INTERRUPTION_MS = 1_000;
const INTERRUPTED_EXIT_CODE = 130;

/** Resolves at Ctrl-C or SIGTERM. Who then presses Ctrl-C again ends this process at once, and so all that it started. */
export function interruption(): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    const interrupt = (): void => {
      firstAt ??= performance.now();
      if (performance.now() - firstAt > SAME_INTERRUPTION_MS) process.exit(INTERRUPTED_EXIT_CODE);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  });
}
