import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/test/faults/main.js', import.meta.url));

/** How long there is load in each scenario; `npm run test:faults -- --seconds N` takes longer. */
const SECONDS = '2';

it(
  'a real system keeps its rules under every fault, or says that its data is gone',
  { timeout: 300_000 },
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      MAIN,
      '--seed',
      '1',
      '--seconds',
      SECONDS,
    ]);
    expect(stdout).toContain('ok: killed and stopped, seed 1');
    expect(stdout).toContain('No rule was broken.');
  },
);
