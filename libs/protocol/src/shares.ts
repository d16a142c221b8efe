import type { WorkerShares } from './messages.js';

/**
 * Shares out a number of steps, as evenly as it goes. Coordinators and workers come to the same without a word.
 *
 * @param peers who gets a share; their order does not matter
 * @param rotation which of them get one more where it does not come out even: the next ones with the next number
 */
export function evenShares(steps: number, peers: readonly string[], rotation = 0): WorkerShares {
  const sorted = peers.toSorted();
  const [each, more] = [Math.floor(steps / sorted.length), steps % sorted.length];
  const rankOf = (index: number): number => (index + rotation) % sorted.length;
  return Object.fromEntries(sorted.map((peer, index) => [peer, each + (rankOf(index) < more ? 1 : 0)]));
}
