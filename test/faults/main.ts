/*
 * npm run test:faults -- [--seed N] [--seconds N] [--rounds N] [--only TEXT]
 *
 * Does to real processes and their disks what may happen to them, and prints seed and verdict of each scenario.
 */
import { parseArgs } from 'node:util';
import { type FaultVerdict, SCENARIOS } from './scenarios.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});

let failed = 0;
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [scenario, run] of Object.entries(SCENARIOS)) {
    if (!scenario.includes(values.only)) continue;
    const seed = Number(values.seed) + round;
    const began = performance.now();
    const verdict = await run({ seed, seconds: Number(values.seconds) });
    report({ scenario, seed, ...verdict }, performance.now() - began);
    if (verdict.violations.length > 0) failed += 1;
  }
}
console.log(failed === 0 ? 'No rule was broken.' : `FAILED: ${failed} scenarios broke a rule.`);
process.exit(failed === 0 ? 0 : 1);

function report({ scenario, seed, violations, notes }: FaultVerdict, tookMs: number): void {
  const verdict = violations.length === 0 ? 'ok' : 'FAILED';
  console.log(`${verdict}: ${scenario}, seed ${seed}, ${(tookMs / 1_000).toFixed(1)} s`);
  for (const note of notes) console.log(`    ${note}`);
  for (const violation of violations) console.log(`  ! ${violation}`);
}
