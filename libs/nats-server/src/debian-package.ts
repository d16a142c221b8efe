import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { InstallSource } from './install-source.js';
import { runCommand } from './run-command.js';

/**
 * The suite that has a new enough nats-server. Its binary needs no library but libc6 2.34,
 * so it runs on every Debian since bookworm and on Ubuntu since 22.04.
 */
const SUITE = 'forky';
const PACKAGE = 'nats-server';

const KEYRINGS = ['gpg', 'pgp'].map((suffix) => `/usr/share/keyrings/debian-archive-keyring.${suffix}`);
const MAX_MIRRORS = 3;
const LIST_TIMEOUT_MS = 10_000;
const DOWNLOAD_TIMEOUT_MS = 120_000;
const UNPACK_TIMEOUT_MS = 30_000;

/**
 * The package of Debian, fetched with apt and unpacked beside it: neither root nor the system's
 * package lists, sources and packages are touched. The mirror is whichever the machine is set up for.
 */
export function debianPackageSource(
  env: NodeJS.ProcessEnv,
  keyrings: readonly string[] = KEYRINGS,
): InstallSource {
  return {
    name: `Debian package from suite ${SUITE}, through apt`,
    async fetchExecutable(directory) {
      const apt = await prepareApt(directory, env);
      const archive = await fetchFromAnyMirror(apt, findKeyring(keyrings));
      await runCommand('dpkg-deb', ['-x', archive, directory], { env, timeoutMs: UNPACK_TIMEOUT_MS });
      return join(directory, 'usr', 'sbin', PACKAGE);
    },
  };
}

/** An apt that works in a folder of its own. */
interface PrivateApt {
  directory: string;
  sourceList: string;
  run(args: string[], timeoutMs: number): Promise<string>;
}

async function prepareApt(directory: string, callerEnv: NodeJS.ProcessEnv): Promise<PrivateApt> {
  const configuration = join(directory, 'apt.conf');
  const env = { ...callerEnv, LC_ALL: 'C' };
  await mkdir(join(directory, 'lists', 'partial'), { recursive: true });
  await mkdir(join(directory, 'cache', 'archives', 'partial'), { recursive: true });
  await writeFile(configuration, privateConfiguration(directory));
  return {
    directory,
    sourceList: join(directory, 'sources.list'),
    run: (args, timeoutMs) =>
      runCommand('apt-get', ['--config-file', configuration, ...args], {
        env,
        timeoutMs,
        workingDirectory: directory,
      }),
  };
}

/**
 * Read after the machine's own configuration, whose proxies and credentials stay in force.
 * The hooks are cleared because they act on the system when root runs this.
 */
function privateConfiguration(directory: string): string {
  return `
    Dir::State::Lists "${directory}/lists";
    Dir::State::status "/dev/null";
    Dir::Cache "${directory}/cache";
    Dir::Etc::preferences "/dev/null";
    Dir::Etc::preferencesparts "-";
    Debug::NoLocking "true";
    APT::Sandbox::User "";
    Acquire::http::Timeout "10";
    Acquire::https::Timeout "10";
    #clear APT::Update::Pre-Invoke;
    #clear APT::Update::Post-Invoke;
    #clear APT::Update::Post-Invoke-Success;
  `;
}

async function fetchFromAnyMirror(apt: PrivateApt, keyring: string): Promise<string> {
  const failures: string[] = [];
  for (const mirror of await configuredMirrors(apt)) {
    try {
      return await fetchFromMirror(apt, mirror, keyring);
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  throw new Error(failures.join('; ') || 'apt has no mirror configured');
}

async function fetchFromMirror(apt: PrivateApt, mirror: string, keyring: string): Promise<string> {
  const ownSources = ['-o', `Dir::Etc::sourcelist=${apt.sourceList}`, '-o', 'Dir::Etc::sourceparts=-'];
  await writeFile(apt.sourceList, `deb [signed-by=${keyring} target=Packages] ${mirror} ${SUITE} main\n`);
  await apt.run([...ownSources, 'update'], DOWNLOAD_TIMEOUT_MS);
  await apt.run([...ownSources, 'download', PACKAGE], DOWNLOAD_TIMEOUT_MS);
  return findArchive(apt.directory);
}

/** Asked of apt rather than written here; those that look like Debian's main archive come first. */
async function configuredMirrors(apt: PrivateApt): Promise<string[]> {
  const uris = await apt.run(['--print-uris', 'update'], LIST_TIMEOUT_MS);
  const mirrors = new Set([...uris.matchAll(/^'(\S+?)\/dists\//gm)].map(([, mirror = '']) => mirror));
  return [...mirrors].toSorted((a, b) => rank(a) - rank(b)).slice(0, MAX_MIRRORS);
}

function rank(mirror: string): number {
  return mirror.endsWith('/debian') ? 0 : 1;
}

function findKeyring(keyrings: readonly string[]): string {
  const keyring = keyrings.find((path) => existsSync(path));
  if (keyring === undefined)
    throw new Error("Debian's archive keyring (debian-archive-keyring) is not there");
  return keyring;
}

async function findArchive(directory: string): Promise<string> {
  const archive = (await readdir(directory)).find((name) => name.endsWith('.deb'));
  if (archive === undefined) throw new Error(`apt downloaded no ${PACKAGE}`);
  return join(directory, archive);
}
