import { describe, expect, it } from 'vitest';
import { type Scheduled, TICK_MS, TimerWheel } from './timer-wheel.js';

interface Item extends Scheduled {
  name: string;
}

const item = (name: string): Item => ({ name, dueTick: 0 });

function wheelAt(start: number): {
  wheel: TimerWheel<Item>;
  due: string[];
  goTo: (ms: number) => string[];
} {
  let now = start;
  const due: string[] = [];
  const wheel = new TimerWheel<Item>(
    () => now,
    ({ name }) => due.push(name),
  );
  const goTo = (ms: number): string[] => {
    now = ms;
    wheel.advance();
    return due.splice(0);
  };
  return { wheel, due, goTo };
}

describe('TimerWheel', () => {
  it('hands out each item once, never early and at most a tick late', () => {
    const { wheel, goTo } = wheelAt(10_000);
    wheel.schedule(item('a'), 10_120);
    expect(goTo(10_119)).toEqual([]);
    expect(goTo(10_120 + TICK_MS)).toEqual(['a']);
    expect(goTo(99_000)).toEqual([]);
  });

  it('keeps the time of an item that was moved, earlier or later', () => {
    const { wheel, goTo } = wheelAt(0);
    const [early, late] = [item('early'), item('late')];
    wheel.schedule(early, 5_000);
    wheel.schedule(early, 100);
    wheel.schedule(late, 100);
    wheel.schedule(late, 5_000);
    expect(goTo(200)).toEqual(['early']);
    expect(goTo(5_100)).toEqual(['late']);
  });

  it('does not hand out what was cancelled', () => {
    const { wheel, goTo } = wheelAt(0);
    const cancelled = item('cancelled');
    wheel.schedule(cancelled, 100);
    wheel.cancel(cancelled);
    expect(goTo(1_000)).toEqual([]);
    expect(wheel.isEmpty).toBe(true);
  });

  it('hands out everything after the process was blocked for longer than the wheel', () => {
    const { wheel, goTo } = wheelAt(0);
    for (let index = 0; index < 300; index++) wheel.schedule(item(`${index}`), index * TICK_MS);
    expect(goTo(1_000_000)).toHaveLength(300);
  });

  it('takes an item for the past at the next tick', () => {
    const { wheel, goTo } = wheelAt(10_000);
    wheel.schedule(item('a'), 1);
    expect(goTo(10_000 + TICK_MS)).toEqual(['a']);
  });

  it('goes on correctly after it was empty for a while', () => {
    const { wheel, goTo } = wheelAt(0);
    wheel.schedule(item('a'), 100);
    expect(goTo(200)).toEqual(['a']);
    goTo(500_000);
    wheel.schedule(item('b'), 500_300);
    expect(goTo(500_299)).toEqual([]);
    expect(goTo(500_400)).toEqual(['b']);
  });
});
