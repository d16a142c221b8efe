import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { findProgram } from '../harness/find-program.js';
import { runCommand } from './run-command.js';

const UPDATE_TIMEOUT_MS = 120_000;
const DOWNLOAD_TIMEOUT_MS = 300_000;
const UNPACK_TIMEOUT_MS = 60_000;

export interface DebianProgram {
  /** What the folder in the cache is called. */
  name: string;
  packages: string[];
  say: (line: string) => void;
}

export interface Unpacked {
  /** The folder that stands for `/`. */
  root: string;
  /** What lets its programs find their libraries. */
  env: NodeJS.ProcessEnv;
}

/**
 * Packages of the machine's own Debian or Ubuntu, with what they need and the machine lacks, fetched by apt and unpacked
 * into a cache folder: the system's packages, sources and lists stay as they are, and root is not needed.
 *
 * @throws Error with the reason when that does not work
 */
export async function debianProgram(program: DebianProgram): Promise<Unpacked> {
  const root = join(cacheDirectory(), program.name);
  if (!existsSync(root)) await fetchInto(root, program);
  return { root, env: { LD_LIBRARY_PATH: (await libraryFolders(root)).join(':') } };
}

/** Root's is outside its home, because the programs run as a user who may not look into that. */
function cacheDirectory(): string {
  if (process.getuid?.() === 0) return '/var/cache/ground-control-bench';
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ground-control', 'bench');
}

async function fetchInto(root: string, { name, packages, say }: DebianProgram): Promise<void> {
  if (findProgram('apt-get') === undefined)
    throw new Error(`${name} is not installed, and there is no apt to fetch it`);
  say(`fetching ${name} from Debian into ${root}`);
  await mkdir(cacheDirectory(), { recursive: true });
  const directory = await mkdtemp(join(cacheDirectory(), '.fetch-'));
  try {
    await download(directory, packages);
    await unpack(directory, join(directory, 'root'));
    await rename(join(directory, 'root'), root);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function download(directory: string, packages: string[]): Promise<void> {
  const apt = await privateApt(directory);
  await apt(['update'], UPDATE_TIMEOUT_MS);
  const plan = await apt(
    ['install', '--simulate', '--no-install-recommends', ...packages],
    UPDATE_TIMEOUT_MS,
  );
  const missing = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, missingName = '']) => missingName);
  if (missing.length === 0)
    throw new Error(`apt says that ${packages.join(', ')} is installed, but it was not found`);
  await apt(['download', ...missing], DOWNLOAD_TIMEOUT_MS);
}

type Apt = (args: string[], timeoutMs: number) => Promise<string>;

/** An apt that knows what the machine has and where its packages come from, and keeps all else in a folder of ours. */
async function privateApt(directory: string): Promise<Apt> {
  const configuration = join(directory, 'apt.conf');
  await mkdir(join(directory, 'lists', 'partial'), { recursive: true });
  await mkdir(join(directory, 'cache', 'archives', 'partial'), { recursive: true });
  await writeFile(configuration, aptConfiguration(directory));
  return (args, timeoutMs) =>
    runCommand('apt-get', ['--config-file', configuration, ...args], {
      directory,
      timeoutMs,
      env: { LC_ALL: 'C' },
    });
}

/** The hooks are cleared because they act on the system when root runs this. */
function aptConfiguration(directory: string): string {
  return `
    Dir::State::Lists "${directory}/lists";
    Dir::Cache "${directory}/cache";
    Debug::NoLocking "true";
    APT::Sandbox::User "";
    #clear APT::Update::Pre-Invoke;
    #clear APT::Update::Post-Invoke;
    #clear APT::Update::Post-Invoke-Success;
  `;
}

async function unpack(directory: string, root: string): Promise<void> {
  const archives = (await readdir(directory)).filter((name) => name.endsWith('.deb'));
  for (const archive of archives) {
    await runCommand('dpkg-deb', ['-x', archive, root], { directory, timeoutMs: UNPACK_TIMEOUT_MS });
  }
}

async function libraryFolders(root: string): Promise<string[]> {
  const folders = ['lib', 'usr/lib'].map((folder) => join(root, folder));
  const found = await Promise.all(folders.map(architectureFolders));
  return found.flat();
}

async function architectureFolders(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.includes('-linux-')).map((name) => join(folder, name));
}
