import { expect, it } from 'vitest';

import type { Measurement } from './harness/measurement.js';
import { report } from './report.js';

function measured(changes: Partial<Measurement>): Measurement {
  return {
    engine: 'ground-control',
    workload: 'W2',
    inFlight: 256,
    workflowsPerSecond: 1000,
    p50Ms: 10,
    p99Ms: 20,
    cpuMsPerWorkflow: 0.2,
    peakRssMb: 300,
    serverPeakRssMb: 100,
    round: 1,
    workflows: 10_000,
    seconds: 10,
    cpuMsPerWorkflowByProcess: {},
    peakRssMbByProcess: {},
    ...changes,
  };
}

function cellsOf(table: string, engine: string): string[] {
  const line = table.split('\n').find((candidate) => candidate.startsWith(`| ${engine} `)) ?? '';
  return line.split('|').map((cell) => cell.trim());
}

it('compares ours with theirs round by round', () => {
  const table = report([
    measured({ round: 1, workflowsPerSecond: 1000 }),
    measured({ round: 1, engine: 'restate', workflowsPerSecond: 100, cpuMsPerWorkflow: 2 }),
    measured({ round: 2, workflowsPerSecond: 2000 }), // the machine has become faster
    measured({ round: 2, engine: 'restate', workflowsPerSecond: 200, cpuMsPerWorkflow: 2 }),
  ]);
  const cells = cellsOf(table, 'restate');
  expect(cells.slice(1, 3)).toEqual(['restate', '150']);
  expect(cells.slice(8, 10)).toEqual(['10.00', '0.10']);
  expect(cellsOf(table, 'ground-control').slice(8, 10)).toEqual(['', '']);
});

it('gives each workload and each number in flight a table of its own', () => {
  const text = report([
    measured({}),
    measured({ inFlight: 1 }),
    measured({ workload: 'W7', details: { steps: 5 } }),
  ]);
  expect(text.match(/^### .*$/gm)).toEqual([
    '### W2 (three steps of one task each, a store write in each), 256 in flight',
    '### W2 (three steps of one task each, a store write in each), 1 in flight',
    '### W7 (one run of very many looping steps), 256 in flight',
  ]);
  expect(text).toContain('ground-control, round 1: steps 5');
});
