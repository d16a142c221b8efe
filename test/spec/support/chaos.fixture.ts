import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeEach } from 'vitest';

/** A worker that may be killed: it ends without a word, and another of its kind comes in its place. */
export interface Victim {
  kill(): Promise<void>;
}

/** Set by `npm run test:spec:chaos`: what decides when the worker of each test is killed. */
const SEED: string | undefined = process.env['GROUND_CONTROL_CHAOS_SEED'];

/** The latest moment of a kill, in milliseconds from the beginning of its test. */
const LATEST_MS = 60;

/** Whether the worker of each test is killed once. */
export const isChaos: boolean = SEED !== undefined;

/** What short times are multiplied with: where workers are killed, a step may wait for a lease before it runs. */
export const PACE: number = isChaos ? 20 : 1;

const victims = new Set<Victim>();

/** Has this worker killed once in every test of the file, where the suite is run so. */
export function threaten(victim: Victim): void {
  victims.add(victim);
}

if (isChaos) {
  let timer: NodeJS.Timeout | undefined;
  let killing: Promise<unknown> | undefined;
  let tests = 0;
  let kills = 0;

  beforeEach(({ task }) => {
    tests++;
    killing = undefined;
    timer = setTimeout(
      () => {
        kills++;
        killing = Promise.all([...victims].map((victim) => victim.kill()));
      },
      momentOf(`${SEED} ${task.file.name} ${task.name}`),
    );
  });

  afterEach(async () => {
    clearTimeout(timer);
    await killing;
  });

  afterAll(() => {
    if (victims.size > 0)
      console.info(`chaos: the worker was killed in the midst of ${kills} of ${tests} tests`);
  });
}

/** The same moment for the same seed and test, whatever else is run. */
function momentOf(text: string): number {
  const digest = createHash('sha256').update(text).digest();
  return (digest.readUInt32BE(0) / 2 ** 32) * LATEST_MS;
}
