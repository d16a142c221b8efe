import { once } from 'node:events';

/** Resolves at Ctrl-C or SIGTERM. A second one then ends this process at once; what it started ends with it. */
export async function interruption(): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  await Promise.race([once(process, 'SIGINT', { signal }), once(process, 'SIGTERM', { signal })]);
  controller.abort();
}
