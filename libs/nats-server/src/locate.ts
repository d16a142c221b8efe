import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

import { cachedExecutables, defaultCacheDirectory, EXECUTABLE_NAME } from './cache-directory.js';
import { debianPackageSource } from './debian-package.js';
import { installNatsServer } from './install.js';
import type { InstallSource } from './install-source.js';
import { inspectExecutable } from './inspect-executable.js';
import { releaseArchiveSource } from './release-archive.js';
import { RELEASES_URL } from './release-asset.js';
import { type Attempt, EXECUTABLE_VARIABLE, NatsServerUnavailableError } from './unavailable.error.js';

/** The environment variable that names another place than the project's own for release archives. */
export const RELEASES_VARIABLE = 'GROUND_CONTROL_NATS_SERVER_RELEASES';

/** A nats-server on this machine that is new enough. */
export interface LocatedNatsServer {
  path: string;
  version: string;
  /** How it was found: named by the environment, in PATH, in the cache, or installed just now. */
  origin: 'environment' | 'path' | 'cache' | 'installed';
}

export interface LocateOptions {
  /** @defaultValue `process.env` */
  env?: NodeJS.ProcessEnv;
  /**
   * Where installed servers are kept, one sub-folder a version.
   *
   * @defaultValue `ground-control/nats-server` in the folder of the user's caches
   */
  cacheDirectory?: string;
  /** Called with a line of text at each stage of an installation. */
  onProgress?: (line: string) => void;
  /**
   * Whether to install one where there is none.
   *
   * @defaultValue true
   */
  install?: boolean;
}

interface Search {
  env: NodeJS.ProcessEnv;
  cacheDirectory: string;
  attempts: Attempt[];
}

/**
 * Finds a nats-server: the one that `GROUND_CONTROL_NATS_SERVER` names, one in PATH, one in the cache;
 * or else installs one into the cache. A server that is too old is passed over, but never one that was
 * named: that is an error at once.
 *
 * @throws NatsServerUnavailableError when nothing worked
 */
export async function locateNatsServer(options: LocateOptions = {}): Promise<LocatedNatsServer> {
  const env = options.env ?? process.env;
  const search = { env, cacheDirectory: options.cacheDirectory ?? defaultCacheDirectory(env), attempts: [] };
  const located =
    (await locateNamed(search)) ??
    (await locateInPath(search)) ??
    (await locateInCache(search)) ??
    (await install(search, options));
  if (located === undefined) throw new NatsServerUnavailableError(search.attempts);
  return located;
}

async function locateNamed(search: Search): Promise<LocatedNatsServer | undefined> {
  const path = search.env[EXECUTABLE_VARIABLE];
  if (path === undefined || path === '') {
    search.attempts.push({ way: EXECUTABLE_VARIABLE, reason: 'not set' });
    return undefined;
  }
  const located = await firstUsable(search, EXECUTABLE_VARIABLE, 'environment', [path]);
  if (located === undefined) throw new NatsServerUnavailableError(search.attempts);
  return located;
}

function locateInPath(search: Search): Promise<LocatedNatsServer | undefined> {
  const files = pathFolders(search.env).map((folder) => join(folder, EXECUTABLE_NAME));
  return firstUsable(
    search,
    'PATH',
    'path',
    files.filter((file) => existsSync(file)),
  );
}

/** With the `sbin` beside each `bin`: Debian's package is there, and an ordinary user's PATH leaves it out. */
function pathFolders(env: NodeJS.ProcessEnv): string[] {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...new Set([...folders, ...folders.map((folder) => folder.replace(/\bbin\/?$/, 'sbin'))])];
}

async function locateInCache(search: Search): Promise<LocatedNatsServer | undefined> {
  const files = await cachedExecutables(search.cacheDirectory);
  return firstUsable(search, `cache ${search.cacheDirectory}`, 'cache', files);
}

async function firstUsable(
  search: Search,
  way: string,
  origin: LocatedNatsServer['origin'],
  paths: string[],
): Promise<LocatedNatsServer | undefined> {
  for (const path of paths.map((found) => resolve(found))) {
    const inspection = await inspectExecutable(path, search.env);
    if (inspection.kind === 'usable') return { path, version: inspection.version, origin };
    search.attempts.push({ way, reason: inspection.reason });
  }
  if (paths.length === 0) search.attempts.push({ way, reason: 'holds no nats-server' });
  return undefined;
}

async function install(search: Search, options: LocateOptions): Promise<LocatedNatsServer | undefined> {
  if (options.install === false) {
    search.attempts.push({ way: 'installation', reason: 'not asked for' });
    return undefined;
  }
  const { env, cacheDirectory } = search;
  const onProgress = options.onProgress ?? (() => {});
  const result = await installNatsServer({ cacheDirectory, sources: sources(env), env, onProgress });
  if (result.kind === 'installed') return { path: result.path, version: result.version, origin: 'installed' };
  search.attempts.push(...result.attempts);
  return undefined;
}

function sources(env: NodeJS.ProcessEnv): InstallSource[] {
  const archive = releaseArchiveSource(env[RELEASES_VARIABLE] || RELEASES_URL);
  return process.platform === 'linux' ? [archive, debianPackageSource(env)] : [archive];
}
