import type { Random } from './kernel/random.js';
import type { NetworkFaults } from './net/sim-network.js';
import type { StorageFaults } from './store/sim-log.js';

/** The workflows that clients start. */
export type StartedType = 'Order' | 'Parent' | 'Long';

/** How fast and how rough a simulation is: drawn from its seed. Times in milliseconds. */
export interface Pace {
  name: 'busy' | 'slow';
  types: readonly StartedType[];
  /** How long faults are injected. */
  chaosMs: number;
  /** The longest time between two faults. */
  faultPauseMs: number;
  /** The longest time between two calls of a client. */
  clientPauseMs: number;
  /** How many runs the clients start at most, together. */
  runs: number;
  longestTaskMs: number;
  longestSleepMs: number;
  /** The longest time between two steps. */
  longestDelayMs: number;
  /** How long a system without faults has to bring every run to its end. */
  settleMs: number;
  /** How often it is asked at the end whether a run has ended. */
  pollMs: number;
  network: NetworkFaults;
  storage: StorageFaults;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export function drawPace(random: Random): Pace {
  const rough = random.pick([0, 0.002, 0.02, 0.1]);
  const chance = (): number => random.next() * rough;
  const faults = {
    network: { lost: chance(), doubled: chance(), delayed: chance(), overtaken: chance() * 3 },
    storage: {
      appendLost: chance(),
      acknowledgementLost: chance(),
      appendLate: chance(),
      readFails: chance(),
    },
  };
  return random.chance(0.8) ? { ...busy(random), ...faults } : { ...slow(random), ...faults };
}

type Tempo = Omit<Pace, 'network' | 'storage'>;

/** Minutes in which much happens at once. */
function busy(random: Random): Tempo {
  return {
    name: 'busy',
    types: ['Order', 'Order', 'Parent'],
    chaosMs: random.between(20 * SECOND, 3 * MINUTE),
    faultPauseMs: random.pick([0.5, 3, 15]) * SECOND,
    clientPauseMs: random.pick([50, 500, 3_000]),
    runs: random.whole(1, 12),
    longestTaskMs: random.pick([10, 1_000, 20_000]),
    longestSleepMs: random.pick([10, 2_000, 30_000]),
    longestDelayMs: random.pick([10, 2_000, 30_000]),
    settleMs: 2 * HOUR,
    pollMs: 5 * SECOND,
  };
}

/** Hours in which little happens. */
function slow(random: Random): Tempo {
  return {
    name: 'slow',
    types: ['Long', 'Long', 'Order', 'Parent'],
    chaosMs: random.between(HOUR / 4, HOUR),
    faultPauseMs: random.pick([0.2, 4]) * MINUTE,
    clientPauseMs: random.pick([0.1, 0.5]) * MINUTE,
    runs: random.whole(10, 120),
    longestTaskMs: random.pick([1_000, MINUTE]),
    longestSleepMs: MINUTE,
    longestDelayMs: 6 * HOUR,
    settleMs: 72 * HOUR,
    pollMs: 20 * MINUTE,
  };
}
