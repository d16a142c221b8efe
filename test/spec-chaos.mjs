// npm run test:spec:chaos [-- --seed N] [paths…]: the specs with their workers as processes, each of which is killed
// with SIGKILL once in every test. What that is: docs/guides/testing-with-chaos.md
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deserialize } from 'node:v8';

// The tests that have no worker in them run unchanged.
const { values, positionals } = parseArgs({ options: { seed: { type: 'string' } }, allowPositionals: true });
const seed = values.seed ?? String(randomInt(2 ** 31));
const paths = positionals.length > 0 ? positionals : ['test/spec'];
const folder = mkdtempSync(join(tmpdir(), 'ground-control-chaos-'));

let running;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => running?.kill(signal));

try {
  process.exitCode = await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function main() {
  console.log(
    `chaos seed ${seed}; to kill at the same points again: npm run test:spec:chaos -- --seed ${seed}`,
  );
  console.log('\nThe specs are built, for the worker processes to load');
  const built = await run('npx', ['nest', 'build', 'specs']);
  if (built !== 0) return built;
  console.log('\nRehearsal: nobody is killed; the points at which each worker could be are counted');
  const rehearsed = await vitest({ GROUND_CONTROL_CHAOS_REHEARSAL: '1' });
  if (rehearsed !== 0) return rehearsed;
  console.log(`\nEvery worker is killed once in each test, by seed ${seed}`);
  const code = await vitest({});
  printKills();
  if (code !== 0) console.log(`chaos seed ${seed} failed`);
  return code;
}

function vitest(env) {
  return run('npx', ['vitest', 'run', '--project', 'spec', ...paths], {
    GROUND_CONTROL_CHAOS_SEED: seed,
    GROUND_CONTROL_CHAOS_FOLDER: folder,
    ...env,
  });
}

function run(command, args, env = {}) {
  running = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  return new Promise((resolve) => {
    running.on('exit', (code) => resolve(code ?? 1));
  });
}

function printKills() {
  const kills = entriesOf('kills');
  const points = entriesOf('points');
  for (const { test, worker, what, number } of kills) {
    const total = points.filter((point) => point.test === test && point.worker === worker).length;
    console.log(`killed ${worker} at point ${number} of ${total}, ${what}: ${test}`);
  }
  const tests = new Set(kills.map(({ test }) => test)).size;
  console.log(`${kills.length} workers were killed in ${tests} tests, by seed ${seed}`);
}

function entriesOf(name) {
  const file = join(folder, name);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'latin1').trimEnd().split('\n');
  return lines.map((line) => deserialize(Buffer.from(line, 'base64')));
}
