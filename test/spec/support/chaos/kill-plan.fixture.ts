import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readEntries } from './lines.fixture.js';
import { isRehearsal, runFolder, seed } from './run.fixture.js';

/** A point that a worker process came to in a test, at which it may be killed. */
export interface Point {
  test: string;
  worker: string;
  /** For example `before sending step.record`. */
  what: string;
}

/** A kill, and the how-manieth point of its worker in that test it was. */
export interface Kill extends Point {
  number: number;
}

/** What a worker process is to do in a test: die at that point, counted from 1; or only count. */
export interface KillPlan {
  test: string;
  killAt: number | undefined;
}

/** Every point of the rehearsal. */
export const POINTS_FILE: string = join(runFolder, 'points');
/** Every kill. */
export const KILLS_FILE: string = join(runFolder, 'kills');

let rehearsed: Map<string, number> | undefined;

/** When a worker is to die in a test: at one of the points that the rehearsal counted, or at 0 where there were none. */
export function planOf(test: string, worker: string): KillPlan {
  if (isRehearsal) return { test, killAt: undefined };
  rehearsed ??= countPoints();
  const points = rehearsed.get(keyOf(test, worker)) ?? 0;
  const killAt = points === 0 ? 0 : 1 + Math.floor(draw(`${seed} ${test} ${worker}`) * points);
  return { test, killAt };
}

function countPoints(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { test, worker } of readEntries<Point>(POINTS_FILE)) {
    const key = keyOf(test, worker);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function keyOf(test: string, worker: string): string {
  return JSON.stringify([test, worker]);
}

/** A number from 0 to below 1: the same for the same text, whatever else is run. */
function draw(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}
