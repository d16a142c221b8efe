// npm run fuzz -- [--inputs N]: gives every fuzzed property N inputs.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { inputs: { type: 'string', default: '1000000' } } });
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'unit', 'fuzz'], {
  stdio: 'inherit',
  env: { ...process.env, FUZZ_INPUTS: values.inputs },
});
process.exit(status ?? 1);
