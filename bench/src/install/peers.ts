import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { BENCH_DIRECTORY, ROOT_DIRECTORY } from '../harness/paths.js';
import { runCommand } from './run-command.js';

const INSTALL_TIMEOUT_MS = 300_000;
const COMPILE_TIMEOUT_MS = 120_000;
const STAMP = join(BENCH_DIRECTORY, 'node_modules', '.installed-from');

let installation: Promise<void> | undefined;

/** Installs the peers' packages, as the lockfile has them, and compiles what uses them: once a process. */
export function installPeers(say: (line: string) => void): Promise<void> {
  installation ??= install(say);
  return installation;
}

/** The version of a package that was installed. */
export function installedVersion(name: string): string {
  const manifest = readFileSync(join(BENCH_DIRECTORY, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

async function install(say: (line: string) => void): Promise<void> {
  const wanted = digestOf(join(BENCH_DIRECTORY, 'package-lock.json'));
  if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== wanted) {
    say("installing the peers' packages with npm");
    await installPackages();
    writeFileSync(STAMP, wanted);
  }
  const compiler = join(ROOT_DIRECTORY, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [compiler, '--project', 'tsconfig.build.json'];
  await runCommand(process.execPath, args, { directory: BENCH_DIRECTORY, timeoutMs: COMPILE_TIMEOUT_MS });
}

/** Without install scripts: no peer needs one, and one of them would report the installation to its makers. */
function installPackages(): Promise<string> {
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  return runCommand('npm', args, { directory: BENCH_DIRECTORY, timeoutMs: INSTALL_TIMEOUT_MS });
}

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
