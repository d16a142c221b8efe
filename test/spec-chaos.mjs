// npm run test:spec:chaos [seed]: the specs of how runs go on, with the worker of each test killed once at a random
// moment. What that is and what it is not: docs/guides/testing-with-chaos.md
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';

const FOLDERS = [
  'cancel',
  'children',
  'events',
  'history/watch',
  'list',
  'queries',
  'start',
  'terminate',
  'timeout',
  'updates',
];

const seed = process.argv[2] ?? String(randomInt(2 ** 31));
console.log(`chaos seed ${seed}: npm run test:spec:chaos -- ${seed} kills at the same moments again`);
const paths = FOLDERS.map((folder) => `test/spec/${folder}`);
const vitest = spawn('npx', ['vitest', 'run', '--project', 'spec', ...paths], {
  stdio: 'inherit',
  env: { ...process.env, GROUND_CONTROL_CHAOS_SEED: seed },
});
vitest.on('exit', (code) => {
  if (code !== 0) console.log(`chaos seed ${seed} failed`);
  process.exitCode = code ?? 1;
});
