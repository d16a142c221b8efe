import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { cachedExecutable } from './cache-directory.js';
import type { InstallSource } from './install-source.js';
import { inspectExecutable } from './inspect-executable.js';
import type { Attempt } from './unavailable.error.js';

// Invariants:
// 1. What lies in the cache under a version has answered with that version: it is moved there last,
//    by one rename within one file system.
// 2. Two processes that install at once do not meet: each works in a folder of its own, and the
//    second rename puts the same server in the place of the first.
// 3. Nothing but the executable is kept, however the installation ends.

export interface InstallOptions {
  cacheDirectory: string;
  sources: InstallSource[];
  env: NodeJS.ProcessEnv;
  onProgress: (line: string) => void;
}

/** A server that was installed, or why each source failed. */
export type InstallResult =
  { kind: 'installed'; path: string; version: string } | { kind: 'failed'; attempts: Attempt[] };

const STAGING_PREFIX = '.installing-';
const STAGING_ABANDONED_AFTER_MS = 60 * 60 * 1000;

/** Installs a nats-server into the cache from the first source that works. */
export async function installNatsServer(options: InstallOptions): Promise<InstallResult> {
  const attempts: Attempt[] = [];
  for (const source of options.sources) {
    try {
      return await installFrom(source, options);
    } catch (error) {
      attempts.push({ way: source.name, reason: (error as Error).message });
      options.onProgress(`nats-server: ${source.name}: ${(error as Error).message}`);
    }
  }
  return { kind: 'failed', attempts };
}

async function installFrom(source: InstallSource, options: InstallOptions): Promise<InstallResult> {
  const startedAt = performance.now();
  options.onProgress(`nats-server: installing, ${source.name}`);
  const directory = await createStaging(options.cacheDirectory);
  try {
    const installed = await install(await source.fetchExecutable(directory), options);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    options.onProgress(`nats-server: installed ${installed.version} in ${seconds} s, ${installed.path}`);
    return { kind: 'installed', ...installed };
  } finally {
    await rm(directory, { recursive: true, force: true }); // invariant 3
  }
}

async function install(
  executable: string,
  options: InstallOptions,
): Promise<{ path: string; version: string }> {
  await chmod(executable, 0o755);
  const inspection = await inspectExecutable(executable, options.env);
  if (inspection.kind === 'unusable') throw new Error(inspection.reason);
  const path = cachedExecutable(options.cacheDirectory, inspection.version);
  await mkdir(dirname(path), { recursive: true });
  await replace(executable, path); // invariants 1 and 2
  return { path, version: inspection.version };
}

/** Windows refuses to replace an executable that runs; the one that runs is then as good. */
async function replace(executable: string, path: string): Promise<void> {
  try {
    await rename(executable, path);
  } catch (error) {
    await stat(path).catch(() => Promise.reject(error as Error));
  }
}

/** Inside the cache, so that the final rename stays within one file system. */
async function createStaging(cacheDirectory: string): Promise<string> {
  await mkdir(cacheDirectory, { recursive: true });
  await removeAbandonedStaging(cacheDirectory);
  return mkdtemp(join(cacheDirectory, STAGING_PREFIX));
}

async function removeAbandonedStaging(cacheDirectory: string): Promise<void> {
  const names = (await readdir(cacheDirectory)).filter((name) => name.startsWith(STAGING_PREFIX));
  for (const path of names.map((name) => join(cacheDirectory, name))) {
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Infinity);
    if (age > STAGING_ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}
