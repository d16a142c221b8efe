import { once } from 'node:events';

const INTERRUPTIONS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'];

/**
 * Resolves at Ctrl-C, SIGTERM or SIGHUP, and when the process at the other end of this one's channel ends. A second
 * Ctrl-C then ends this process at once.
 */
export async function untilInterrupted(): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  const interruptions = INTERRUPTIONS.map((name) => once(process, name, { signal }));
  // Whoever waits for the channel to close keeps a process alive that has nothing else to do.
  process.channel?.unref();
  await Promise.race(interruptions);
  controller.abort();
}
