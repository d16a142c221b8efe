// npm run test:cluster -- [--minutes N] [--seed S]: three nats-servers, three coordinators and two workers under load, with
// random kills, pauses and cuts; docs/operations.md says what is checked.
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string' } },
});
const vitest = spawn('npx', ['vitest', 'run', '--project', 'e2e', 'test/e2e/cluster.e2e-spec.ts'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    CLUSTER_MINUTES: values.minutes,
    ...(values.seed !== undefined && { CLUSTER_SEED: values.seed }),
  },
});
vitest.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
