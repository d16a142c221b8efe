import { setTimeout as delay } from 'node:timers/promises';
import type { CoordinatorProcess } from '@ground-control/nestjs/testing';
import { type ClusterWorld, killChild, signal } from './cluster-world.js';
import type { Random } from './random.js';

/** Something that happens to one process, and what brings the system back to its full number. */
export interface Fault {
  name: string;
  /** How often it is drawn, beside the others. */
  weight: number;
  /** @returns what was hit, in words, once all is whole again */
  strike(world: ClusterWorld, random: Random): Promise<string>;
}

/** How long a process is paused, or gone before another takes its place, in milliseconds. */
const AWAY_MS = [200, 6_000] as const;
/** Between two faults, in milliseconds. */
const CALM_MS = [200, 1_500] as const;

const away = (random: Random): Promise<void> => delay(random.between(...AWAY_MS));

async function replace(world: ClusterWorld, gone: CoordinatorProcess): Promise<void> {
  world.coordinators.splice(world.coordinators.indexOf(gone), 1);
  await world.startCoordinator();
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'kill a coordinator',
    weight: 3,
    async strike(world, random) {
      const coordinator = random.pick(world.coordinators);
      const { pid } = coordinator;
      await coordinator.kill();
      await away(random);
      await replace(world, coordinator);
      return `pid ${pid}`;
    },
  },
  {
    name: 'pause a coordinator',
    weight: 3,
    async strike(world, random) {
      const coordinator = random.pick(world.coordinators);
      signal(coordinator, 'SIGSTOP');
      await away(random);
      signal(coordinator, 'SIGCONT');
      return `pid ${coordinator.pid}`;
    },
  },
  {
    name: 'stop a coordinator',
    weight: 2,
    async strike(world, random) {
      const coordinator = random.pick(world.coordinators);
      const { pid } = coordinator;
      await coordinator.stop();
      await replace(world, coordinator);
      return `pid ${pid}`;
    },
  },
  {
    name: 'kill a worker',
    weight: 2,
    async strike(world, random) {
      const worker = random.pick(world.workers);
      await killChild(worker);
      world.workers.splice(world.workers.indexOf(worker), 1);
      await world.startWorker();
      return `pid ${worker.pid}`;
    },
  },
  {
    name: 'pause a worker',
    weight: 2,
    async strike(world, random) {
      const worker = random.pick(world.workers);
      signal(worker, 'SIGSTOP');
      await away(random);
      signal(worker, 'SIGCONT');
      return `pid ${worker.pid}`;
    },
  },
  {
    name: 'kill a nats-server',
    weight: 2,
    async strike(world, random) {
      const server = random.pick(world.nats);
      await server.kill();
      await away(random);
      await server.restart();
      await world.whenHealthy();
      return server.url;
    },
  },
  {
    name: 'pause a nats-server',
    weight: 2,
    async strike(world, random) {
      const server = random.pick(world.nats);
      server.pause();
      await away(random);
      server.resume();
      await world.whenHealthy();
      return server.url;
    },
  },
  {
    name: 'cut a nats-server off',
    weight: 2,
    async strike(world, random) {
      const server = random.pick(world.nats);
      world.routes.cutOff(world.nats.indexOf(server));
      await away(random);
      world.routes.heal();
      await world.whenHealthy();
      return server.url;
    },
  },
];

/**
 * Strikes again and again, one fault at a time, until the time is over.
 *
 * @returns how often each fault struck
 */
export async function strikeFor(
  durationMs: number,
  world: ClusterWorld,
  random: Random,
  say: (line: string) => void,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const startedAt = performance.now();
  while (performance.now() - startedAt < durationMs) {
    const fault = random.weighted(FAULTS);
    const at = ((performance.now() - startedAt) / 1000).toFixed(1);
    say(`${at} s: ${fault.name}`);
    // oxlint-disable-next-line no-await-in-loop -- any one of them at a time
    const hit = await fault.strike(world, random);
    say(`${((performance.now() - startedAt) / 1000).toFixed(1)} s: whole again (${hit})`);
    counts.set(fault.name, (counts.get(fault.name) ?? 0) + 1);
    // oxlint-disable-next-line no-await-in-loop
    await delay(random.between(...CALM_MS));
  }
  return counts;
}
