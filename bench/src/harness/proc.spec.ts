import { describe, expect, it } from 'vitest';

import { cpuMs, memoryOf, rssMb, ticksOf } from './proc.js';

describe('ticksOf', () => {
  it("adds up a process's own time and that of the children it collected, whatever its name", () => {
    const stat = '42 (a b) c) S 1 42 42 0 -1 4194560 100 0 0 0 700 30 20 1 20 0 1 0 12345 1000 200';
    expect(ticksOf(stat)).toBe(751);
  });

  it('is nothing for a process that is gone', () => {
    expect(ticksOf('')).toBe(0);
  });
});

it('tells shared memory from the rest', () => {
  expect(memoryOf('Name:\tpostgres\nVmRSS:\t  5000 kB\nRssShmem:\t  3000 kB\n')).toEqual({
    rssKb: 5000,
    sharedKb: 3000,
  });
});

it('reads what this process uses', () => {
  expect(cpuMs(process.pid)).toBeGreaterThan(0);
  expect(rssMb(process.pid)).toBeGreaterThan(10);
});
