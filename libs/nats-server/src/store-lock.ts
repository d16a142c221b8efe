import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { NatsServerStartError } from './nats-server-start.error.js';

// A nats-server does not notice that another one has its store open, and both would write to it.
// So each leaves its process id in a lock file. A lock whose process is gone counts for nothing.

const POLL_MS = 25;

export interface StoreLock {
  /** Holds the process id of the server that uses the store. */
  file: string;
  /** What the command line of that server contains: the path of its configuration file. */
  commandLineMark: string;
}

/**
 * Waits until no server uses the store any more, since one whose owner was just killed is about to end,
 * and clears away the lock of one that is gone.
 *
 * @throws NatsServerStartError when the store is still in use after `patienceMs` milliseconds
 */
export async function awaitFreeStore(
  lock: StoreLock,
  patienceMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  let holder = await findHolder(lock);
  while (holder !== undefined) {
    if (performance.now() > deadline) throw inUse(lock, holder);
    await delay(POLL_MS, undefined, { signal });
    holder = await findHolder(lock);
  }
  await rm(lock.file, { force: true });
}

/** Gives the store back after the server with this process id has ended. */
export async function releaseStore(lock: StoreLock, pid: number): Promise<void> {
  if ((await readPid(lock.file)) === pid) await rm(lock.file, { force: true });
}

export function inUse(lock: StoreLock, pid?: number): NatsServerStartError {
  const holder = pid === undefined ? 'another nats-server' : `the nats-server with process id ${pid}`;
  return new NatsServerStartError('store-in-use', `${holder} uses the store of ${lock.commandLineMark}`);
}

async function findHolder(lock: StoreLock): Promise<number | undefined> {
  const pid = await readPid(lock.file);
  if (pid === undefined) return undefined;
  return (await commandLine(pid)).includes(lock.commandLineMark) ? pid : undefined;
}

async function readPid(file: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
  return Number.isNaN(pid) ? undefined : pid;
}

/** That of a process that runs: empty for one that is gone or ended and not yet collected by its parent. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const listed = promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]);
  return listed.then(
    ({ stdout }) => stdout,
    () => '',
  );
}
