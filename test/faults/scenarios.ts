import { execFileSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { JournalCorruptError } from '@ground-control/journal';
import { GroundControlError, partitionOf } from '@ground-control/protocol';
import { NO_FAULTS } from '../sim/net/sim-network.js';
import type { Pace } from '../sim/pace.js';
import { NO_STORAGE_FAULTS } from '../sim/store/sim-log.js';
import type { Child } from './child.js';
import { FaultWorld, PARTITIONS } from './fault-world.js';

/** What a scenario came to. */
export interface FaultVerdict {
  scenario: string;
  seed: number;
  /** What is wrong; nothing when all is well. */
  violations: string[];
  /** What was done, and what the system said. */
  notes: string[];
}

export interface ScenarioOptions {
  seed: number;
  /** How long there is load. */
  seconds: number;
}

type Scenario = (options: ScenarioOptions) => Promise<Omit<FaultVerdict, 'scenario' | 'seed'>>;

/** How long a damaged system has to notice, in milliseconds. */
const NOTICE_MS = 20_000;
/** What a run gets that only asks whether its partition is well. */
const PROBE = { loops: 0, longestTaskMs: 1, sleep: 0, delay: 0 };
/** The size of the disk that is filled, in MiB. */
const DISK_MIB = 48;

/** What is done to a real system. Each must keep every rule of the checker, or say that its data is gone. */
export const SCENARIOS: Record<string, Scenario> = {
  'killed and stopped': killedAndStopped,
  'the store lost its tail': lostTail,
  'bits flipped': (options) => damaged(options, flipBits),
  'a file truncated': (options) => damaged(options, truncate),
  'the disk full': diskFull,
};

function paceOf(seconds: number, runs: number): Pace {
  return {
    name: 'busy',
    types: ['Order', 'Order', 'Parent'],
    chaosMs: seconds * 1_000,
    faultPauseMs: 800,
    clientPauseMs: 60,
    runs,
    longestTaskMs: 200,
    longestSleepMs: 300,
    longestDelayMs: 300,
    settleMs: 60_000,
    pollMs: 50,
    network: NO_FAULTS,
    storage: NO_STORAGE_FAULTS,
  };
}

async function killedAndStopped({ seed, seconds }: ScenarioOptions): ReturnType<Scenario> {
  const world = await FaultWorld.start(seed, { coordinators: 2 });
  try {
    const notes: string[] = [];
    const over = new AbortController();
    const striking = strikeUntil(world, over.signal, notes);
    const script = await world.load(paceOf(seconds, seconds * 8), 3);
    over.abort();
    await striking;
    await world.heal();
    return { violations: await world.verdict(script), notes: [`${script.runs.length} runs`, ...notes] };
  } finally {
    await world.stop();
  }
}

async function strikeUntil(world: FaultWorld, over: AbortSignal, notes: string[]): Promise<void> {
  const { random } = world;
  while (!over.aborted) {
    await delay(random.between(50, 800));
    const dice = random.next();
    const child = random.pick([...world.coordinators, ...world.workers]);
    if (dice < 0.2) await killServer(world, notes);
    else if (dice < 0.35) await pauseServer(world, notes);
    else if (dice < 0.7) await killChild(child, random.between(0, 500), notes);
    else await pauseChild(child, random.between(100, 4_000), notes);
  }
}

async function killServer(world: FaultWorld, notes: string[]): Promise<void> {
  notes.push('nats-server killed');
  await world.nats.kill();
  await delay(world.random.between(0, 500));
  await world.nats.restart();
}

async function pauseServer(world: FaultWorld, notes: string[]): Promise<void> {
  notes.push('nats-server stopped');
  world.nats.pause();
  await delay(world.random.between(100, 3_000));
  world.nats.resume();
}

async function killChild(child: Child, pauseMs: number, notes: string[]): Promise<void> {
  notes.push(`${child.name} killed`);
  await child.kill();
  await delay(pauseMs);
  child.start();
}

async function pauseChild(child: Child, pauseMs: number, notes: string[]): Promise<void> {
  notes.push(`${child.name} stopped for ${Math.round(pauseMs)} ms`);
  child.signal('SIGSTOP');
  await delay(pauseMs);
  child.signal('SIGCONT');
}

/** The store is put back to what it was: as if the last writes had never reached the disk. */
async function lostTail({ seed, seconds }: ScenarioOptions): ReturnType<Scenario> {
  const world = await FaultWorld.start(seed);
  try {
    const store = join(world.folder, 'nats', 'jetstream');
    const earlier = join(world.folder, 'earlier');
    await world.load(paceOf(seconds / 2, 10), 2);
    await world.nats.stop();
    cpSync(store, earlier, { recursive: true });
    await world.nats.restart();
    await world.load(paceOf(seconds / 2, 10), 2);
    await world.nats.kill();
    rmSync(store, { recursive: true });
    cpSync(earlier, store, { recursive: true });
    await world.nats.restart();
    const said = await whatPartitionsSay(world);
    const isNoticed = said.every((code) => code === JournalCorruptError.code);
    return {
      violations: isNoticed ? [] : [`both partitions have lost their tail, and say ${said.join(', ')}`],
      notes: [...said, ...quarantines(world)],
    };
  } finally {
    await world.stop();
  }
}

/** A journal's file is damaged while the server is down; the coordinator lives on, and later starts anew. */
async function damaged(
  { seed, seconds }: ScenarioOptions,
  damage: (file: string, world: FaultWorld) => string,
): ReturnType<Scenario> {
  const world = await FaultWorld.start(seed);
  try {
    const script = await world.load(paceOf(seconds, 20), 2);
    await world.nats.stop();
    const note = damage(journalFile(world, 0), world);
    await world.nats.restart();
    const before = await whatPartitionsSay(world);
    await world.coordinators[0]?.kill();
    await world.coordinators[0]?.startAndWait();
    const after = await whatPartitionsSay(world);
    const notes = [
      note,
      `before a restart: ${before.join(', ')}`,
      `after: ${after.join(', ')}`,
      ...quarantines(world),
    ];
    if ([...before, ...after].includes(JournalCorruptError.code)) return { violations: [], notes };
    // Nobody complained: then everything must be there.
    await world.heal();
    return { violations: await world.verdict(script), notes };
  } finally {
    await world.stop();
  }
}

function journalFile(world: FaultWorld, partition: number): string {
  const folder = join(world.folder, 'nats/jetstream/$G/streams', `GC_faults_JOURNAL_${partition}`, 'msgs');
  const blocks = readdirSync(folder).filter((name) => name.endsWith('.blk'));
  return join(folder, blocks.toSorted().at(-1) ?? '1.blk');
}

function flipBits(file: string, { random }: FaultWorld): string {
  const { size } = statSync(file);
  const descriptor = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  const places = Array.from({ length: 3 }, () => random.whole(0, size - 1));
  for (const place of places) {
    readSync(descriptor, byte, 0, 1, place);
    byte[0] = (byte[0] ?? 0) ^ (1 << random.whole(0, 7));
    writeSync(descriptor, byte, 0, 1, place);
  }
  closeSync(descriptor);
  return `bits flipped at ${places.join(', ')} of ${size}`;
}

function truncate(file: string, { random }: FaultWorld): string {
  const { size } = statSync(file);
  const left = random.whole(Math.floor(size / 4), size - 1);
  truncateSync(file, left);
  return `${left} of ${size} bytes left`;
}

/** What each partition answers to an event for a run of its own: the code of the refusal, or that it did it. */
async function whatPartitionsSay(world: FaultWorld): Promise<string[]> {
  const { client } = await world.client();
  const said: string[] = [];
  const giveUpAt = performance.now() + NOTICE_MS;
  for (const partition of [0, 1]) {
    const workflowId = idIn(partition);
    let answer = 'nothing';
    while (answer === 'nothing' && performance.now() < giveUpAt) {
      answer = await client
        .start('Order', { id: workflowId, reuse: 'allow', onConflict: 'useExisting', input: PROBE })
        .then(
          () => 'done',
          (error: unknown) => (error instanceof GroundControlError ? knownCode(error.code) : 'nothing'),
        );
    }
    said.push(answer);
  }
  return said;
}

/** A workflow id that belongs to the partition. */
function idIn(partition: number): string {
  for (let n = 0; ; n++) if (partitionOf(`probe ${n}`, PARTITIONS) === partition) return `probe ${n}`;
}

function knownCode(code: string): string {
  return code === 'COORDINATOR_UNAVAILABLE' ? 'nothing' : code;
}

function quarantines(world: FaultWorld): string[] {
  const words = world.coordinators.map((coordinator) => coordinator.words).join('\n');
  return [...stripVTControlCharacters(words).matchAll(/partition \d+ is in quarantine: .*/g)].map(
    ([line]) => line,
  );
}

/** The disk fills up under load, and has room again. */
async function diskFull({ seed, seconds }: ScenarioOptions): ReturnType<Scenario> {
  const folder = mkdtempSync(join(tmpdir(), 'ground-control-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmSync(folder, { recursive: true });
    return { violations: [], notes: ['NOT RUN: this user may not mount a small disk'] };
  }
  try {
    return await onSmallDisk(folder, { seed, seconds });
  } finally {
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function onSmallDisk(folder: string, { seed, seconds }: ScenarioOptions): ReturnType<Scenario> {
  const world = await FaultWorld.start(seed, { folder: join(folder, 'world') });
  try {
    const notes: string[] = [];
    const filler = join(folder, 'filler');
    const loading = world.load(paceOf(seconds, 60), 3);
    await delay((seconds * 1_000) / 3);
    notes.push(`filled with ${fill(filler)} bytes`);
    await delay((seconds * 1_000) / 3);
    rmSync(filler);
    const script = await loading;
    // A server that found its disk full has turned JetStream off until it is started again.
    await world.nats.restart();
    await world.heal();
    return { violations: await world.verdict(script), notes: [...notes, `${script.runs.length} runs`] };
  } finally {
    await world.stop();
  }
}

function fill(file: string): number {
  const chunk = Buffer.alloc(64 * 1024);
  let bytes = 0;
  try {
    for (;;) {
      writeFileSync(file, chunk, { flag: 'a' });
      bytes += chunk.length;
    }
  } catch {
    return bytes;
  }
}
