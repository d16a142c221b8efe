import { bench, type Outcome } from './bench.js';
import { conditionsOf } from './conditions.js';
import { type BenchOptions, parseOptions, USAGE } from './options.js';
import { report } from './report.js';
import { runProgram } from './run-program.js';

// Exit codes: 0 measured, 1 a measurement failed, 2 wrong usage.

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const outcome = await bench(options, (measurement) => {
    if (options.json) process.stdout.write(`${JSON.stringify(measurement)}\n`);
  });
  if (!options.json) process.stdout.write(summary(options, outcome));
  for (const line of [...outcome.missing.map((peer) => `left out: ${peer}`), ...outcome.failures]) {
    process.stderr.write(`${line}\n`);
  }
  return outcome.failures.length > 0 ? 1 : 0;
}

function summary(options: BenchOptions, { measurements, engines, missing }: Outcome): string {
  const conditions = [...conditionsOf(options), ...engines, ...missing.map((peer) => `left out: ${peer}`)];
  return `${conditions.map((line) => `- ${line}`).join('\n')}\n\n${report(measurements)}\n`;
}

await runProgram(main);
