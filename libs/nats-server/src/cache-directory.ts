import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { compareVersions, findVersion } from './version.js';

/** The file name of a nats-server on this platform. */
export const EXECUTABLE_NAME: string = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server';

/**
 * The folder in which installed servers are kept, one sub-folder a version: that of the user's
 * caches as the platform has it, or as `XDG_CACHE_HOME` (`LOCALAPPDATA` on Windows) says.
 */
export function defaultCacheDirectory(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): string {
  return join(userCaches(env, platform), 'ground-control', 'nats-server');
}

function userCaches(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const home = env['HOME'] || homedir();
  if (platform === 'win32') return env['LOCALAPPDATA'] || join(home, 'AppData', 'Local');
  if (platform === 'darwin') return join(home, 'Library', 'Caches');
  return env['XDG_CACHE_HOME'] || join(home, '.cache');
}

/** Where the nats-server of a version belongs inside a cache folder. */
export function cachedExecutable(cacheDirectory: string, version: string): string {
  return join(cacheDirectory, version, EXECUTABLE_NAME);
}

/** The servers a cache folder should hold, the newest first; empty when there is no such folder. */
export async function cachedExecutables(cacheDirectory: string): Promise<string[]> {
  const names = await readdir(cacheDirectory).catch(() => []);
  return names
    .filter((name) => findVersion(name) === name)
    .toSorted((left, right) => compareVersions(right, left))
    .map((version) => cachedExecutable(cacheDirectory, version));
}
