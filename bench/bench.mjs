#!/usr/bin/env node
// Compiles the benchmark and runs it: `node bench.mjs measure [options]` or `node bench.mjs check [options]`.
// The peers' packages are installed only when a peer is asked for.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const programs = { measure: 'main.js', check: 'check.js' };

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..');
const [command = '', ...args] = process.argv.slice(2);

if (!(command in programs)) fail(2, 'node bench/bench.mjs measure|check [options]');
if (process.platform !== 'linux') fail(1, 'The benchmark reads /proc: it needs Linux.');
if (!existsSync(join(root, 'dist', 'libs', 'nestjs', 'src', 'index.js')))
  fail(1, 'Run `npm run build` first.');

const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const compiled = spawnSync(process.execPath, [compiler, '--project', join(here, 'tsconfig.own.json')], {
  stdio: ['ignore', 2, 2],
});
if (compiled.status !== 0) fail(1, 'The benchmark does not compile.');

process.argv.splice(2, process.argv.length, ...args);
await import(join(here, 'dist', programs[command]));

function fail(code, message) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
