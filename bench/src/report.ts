import type { EngineName } from './engines/engine.js';
import type { Measurement } from './harness/measurement.js';
import { geometricMean, median } from './harness/statistics.js';
import { DESCRIPTIONS, type WorkloadName } from './workloads.js';

/** Ours, which the others are compared with. */
const OURS: EngineName = 'ground-control';

/** The measurements of an engine at one level of one workload, over all rounds. */
interface Row {
  engine: EngineName;
  measurements: Measurement[];
}

interface Column {
  title: string;
  cell: (row: Row, ours: Row | undefined) => string;
}

const COLUMNS: Column[] = [
  { title: 'engine', cell: ({ engine }) => engine },
  { title: 'workflows/s', cell: (row) => figure(row, 'workflowsPerSecond', 0) },
  { title: 'p50 ms', cell: (row) => figure(row, 'p50Ms', 2) },
  { title: 'p99 ms', cell: (row) => figure(row, 'p99Ms', 2) },
  { title: 'CPU ms/workflow', cell: (row) => figure(row, 'cpuMsPerWorkflow', 3) },
  { title: 'peak RSS MiB', cell: (row) => figure(row, 'peakRssMb', 0) },
  { title: 'of servers', cell: (row) => figure(row, 'serverPeakRssMb', 0) },
  { title: 'ours/theirs: rate', cell: (row, ours) => ratio(row, ours, 'workflowsPerSecond') },
  { title: 'CPU', cell: (row, ours) => ratio(row, ours, 'cpuMsPerWorkflow') },
  { title: 'p50', cell: (row, ours) => ratio(row, ours, 'p50Ms') },
  { title: 'server RSS', cell: (row, ours) => ratio(row, ours, 'serverPeakRssMb') },
];

type Figure = 'workflowsPerSecond' | 'p50Ms' | 'p99Ms' | 'cpuMsPerWorkflow' | 'peakRssMb' | 'serverPeakRssMb';

/** The tables of all measurements, in Markdown: one for each workload and number in flight. */
export function report(measurements: readonly Measurement[]): string {
  const tables = groupBy(measurements, ({ workload, inFlight }) => `${workload} ${inFlight}`);
  return [...tables.values()].map(table).join('\n');
}

function table(measurements: Measurement[]): string {
  const [{ workload, inFlight } = { workload: 'W1' as WorkloadName, inFlight: 0 }] = measurements;
  const rows = rowsOf(measurements);
  const ours = rows.find(({ engine }) => engine === OURS);
  const cells = [
    COLUMNS.map(({ title }) => title),
    ...rows.map((row) => COLUMNS.map(({ cell }) => cell(row, ours))),
  ];
  const heading = `### ${workload} (${DESCRIPTIONS[workload]}), ${inFlight} in flight\n`;
  return [heading, ...alignedLines(cells), '', ...rows.flatMap(detailLines)].join('\n');
}

function rowsOf(measurements: Measurement[]): Row[] {
  const byEngine = groupBy(measurements, ({ engine }) => engine);
  return [...byEngine].map(([engine, ofEngine]) => ({
    engine: engine as EngineName,
    measurements: ofEngine,
  }));
}

/** The median of the rounds. */
function figure({ measurements }: Row, name: Figure, digits: number): string {
  return median(measurements.map((measurement) => measurement[name])).toFixed(digits);
}

/** The mean of the ratios of each round, since only what was measured one after the other can be compared. */
function ratio(theirs: Row, ours: Row | undefined, name: Figure): string {
  if (!ours || theirs === ours) return '';
  const ratios = ours.measurements.flatMap((our) => {
    const their = theirs.measurements.find(({ round }) => round === our.round);
    return their ? [our[name] / their[name]] : [];
  });
  return ratios.length === 0 ? '' : geometricMean(ratios).toFixed(2);
}

function detailLines({ engine, measurements }: Row): string[] {
  return measurements.flatMap(({ round, details }) => {
    if (!details) return [];
    const told = Object.entries(details).map(([name, value]) => `${name} ${value}`);
    return [`${engine}, round ${round}: ${told.join(', ')}`];
  });
}

function alignedLines([head = [], ...body]: string[][]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...body.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: string[]): string =>
    `| ${cells.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...body.map(line)];
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
