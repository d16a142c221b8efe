import { afterEach, beforeAll, beforeEach } from 'vitest';
import { type Kill, KILLS_FILE, type KillPlan, planOf } from './kill-plan.fixture.js';
import { appendEntry, readEntries } from './lines.fixture.js';
import { isChaos, isRehearsal } from './run.fixture.js';
import { type Service, WorkerProcess } from './worker-process.fixture.js';

/** What the kill of a worker needs to be over: the system has noticed, and another serves. */
interface Threatened {
  worker: WorkerProcess;
  recovered: () => Promise<void>;
}

/** How long a replacement may take to serve, in milliseconds. */
export const RECOVERY = { timeout: 20_000, interval: 20 };

const threatened = new Set<Threatened>();
let specFile = '';
let test: string | undefined;
/** Whether a worker served in the present test. */
let hadWorker = false;

/**
 * Serves with a worker process that is killed once in every test, at a point drawn from the seed, and replaced.
 *
 * @param recovered resolves when exactly the workers that live are known to the system
 */
export async function serveThreatened(
  service: Omit<Service, 'spec'>,
  recovered: () => Promise<void>,
): Promise<WorkerProcess> {
  const worker = new WorkerProcess(
    { ...service, spec: specFile },
    test === undefined ? undefined : inTest(service),
  );
  threatened.add({ worker, recovered });
  await worker.served();
  return worker;
}

function inTest({ identity }: { identity: string }): KillPlan | undefined {
  hadWorker = true;
  return test === undefined ? undefined : planOf(test, identity);
}

/** Workers that were closed are threatened no more. */
export function spare(worker: WorkerProcess): void {
  for (const entry of threatened) if (entry.worker === worker) threatened.delete(entry);
}

if (isChaos) {
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads from the pattern which fixtures are wanted: none
  beforeAll(({}, { file }) => {
    specFile = file.filepath;
  });

  beforeEach(async ({ task }) => {
    test = `${task.file.name} > ${task.fullTestName}`;
    hadWorker = threatened.size > 0;
    await Promise.all([...threatened].map(({ worker }) => threaten(worker)));
  }, RECOVERY.timeout);

  afterEach(async () => {
    const over = test;
    test = undefined;
    await Promise.all([...threatened].map(({ worker }) => worker.follow(undefined)));
    await Promise.all([...threatened].map(({ recovered }) => recovered()));
    if (!hadWorker || isRehearsal || killsIn(over) > 0) return;
    throw new Error(`no worker was killed in this test: it came to fewer points than in the rehearsal`);
  }, RECOVERY.timeout);
}

async function threaten(worker: WorkerProcess): Promise<void> {
  const { identity } = worker.service;
  const plan = inTest({ identity });
  if (!plan || plan.killAt !== 0) return worker.follow(plan);
  const kill: Kill = { test: plan.test, worker: identity, what: 'idle', number: 0 };
  appendEntry(KILLS_FILE, kill);
  await worker.kill();
}

function killsIn(name: string | undefined): number {
  return readEntries<Kill>(KILLS_FILE).filter((kill) => kill.test === name).length;
}
