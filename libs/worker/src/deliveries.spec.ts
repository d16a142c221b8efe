import { describe, expect, it } from 'vitest';
import { afterMicrotasks } from './after-microtasks.js';
import { deferred } from './deferred.js';
import { Deliveries } from './deliveries.js';

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A continuation that takes many microtasks. */
async function runOn(name: string, log: string[]): Promise<void> {
  for (let hops = 0; hops < 20; hops++) await Promise.resolve();
  log.push(name);
}

describe('the deliveries of a step', () => {
  it('let everything that one sets going run before the next', async () => {
    const deliveries = new Deliveries();
    const log: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const outcome = deferred<void>();
      void outcome.promise.then(() => runOn(name, log));
      deliveries.deliver(() => {
        log.push(`deliver ${name}`);
        outcome.resolve();
      });
    }
    await turn();
    expect(log).toEqual(['deliver a', 'a', 'deliver b', 'b', 'deliver c', 'c']);
    expect(deliveries.count).toBe(3);
  });

  it('hold those behind one that is yet to come', async () => {
    const deliveries = new Deliveries();
    const log: string[] = [];
    const answer = deferred<void>();
    deliveries.deliver(() => answer.promise.then(() => void log.push('slow')));
    deliveries.deliver(() => void log.push('quick'));
    await turn();
    expect(log).toEqual([]);
    answer.resolve();
    await turn();
    expect(log).toEqual(['slow', 'quick']);
  });
});

describe('afterMicrotasks', () => {
  it('calls back after the microtasks, from wherever it is asked', async () => {
    const log: string[] = [];
    const ask = (name: string): void => {
      afterMicrotasks({ onTurn: () => void log.push(name) });
      void runOn(`${name} microtasks`, log);
    };
    ask('sync');
    process.nextTick(ask, 'tick');
    void Promise.resolve().then(() => ask('microtask'));
    await turn();
    const position = (name: string): number => log.indexOf(name);
    for (const name of ['sync', 'tick', 'microtask']) {
      expect(position(`${name} microtasks`)).toBeGreaterThanOrEqual(0);
      expect(position(name)).toBeGreaterThan(position(`${name} microtasks`));
    }
  });
});
