import type { ClusterInfo, PartitionInfo } from '@ground-control/client';

import { activeOf } from '../../cluster-text.js';
import { durationText, relativeText } from '../../time-text.js';
import { EMPTY_LINE, fit, type Line, line, type Span, span } from '../lines.js';
import type { UiState } from '../state.js';
import { numberText } from './frame.js';

/** The coordinators, the partitions and who leads them, and the types of the runs; all lines, however many. */
export function clusterContent({ cluster, size, now }: UiState): Line[] {
  if (!cluster) return [EMPTY_LINE, line(span('  Reading…', 'faint'))];
  return [
    ...factLines(cluster),
    EMPTY_LINE,
    ...partitionLines(cluster, size.columns, now),
    ...typeLines(cluster, size.columns),
  ];
}

function factLines({
  nats,
  replicas,
  storage,
  workerLeaseMs,
  coordinators,
  partitions,
}: ClusterInfo): Line[] {
  const served = partitions.filter(({ leader }) => leader).length;
  const all = served === partitions.length;
  return [
    fact(
      'nats-server',
      span(`${nats.version}  ${nats.server}${nats.cluster === undefined ? '' : `, cluster ${nats.cluster}`}`),
    ),
    fact('streams', span(`${storage}, ${replicas === 1 ? '1 copy' : `${replicas} copies`}`)),
    fact('coordinators', span(coordinators.map(({ identity }) => identity).join(', '))),
    fact('partitions', span(`${served} of ${partitions.length} served`, all ? 'good' : 'bad')),
    fact('worker lease', span(durationText(workerLeaseMs))),
  ];
}

function fact(name: string, ...values: Span[]): Line {
  return line(span(`  ${fit(name, 14)}`, 'faint'), ...values);
}

function partitionLines({ partitions }: ClusterInfo, columns: number, now: number): Line[] {
  const leader = Math.max(12, Math.min(36, columns - 60));
  const widths = [9, leader, 9, 9, 9, 9];
  const headings = ['PARTITION', 'LEADER', 'SINCE', 'RUNNING', 'WAITING', 'SCHEDULED'];
  return [
    line(span(`  ${headings.map((text, index) => fit(text, widths[index] ?? 0)).join('  ')}`, 'strong')),
    ...partitions.map((partition) => partitionLine(partition, widths, columns, now)),
  ];
}

function partitionLine(partition: PartitionInfo, widths: number[], columns: number, now: number): Line {
  const { leader, since, error } = partition;
  const number = span(`  ${fit(String(partition.partition), widths[0] ?? 0)}  `);
  if (!leader || !since) {
    const why = fit(`nobody: ${error?.message ?? 'not known'}`, columns - 14).trimEnd();
    return line(number, span(why, 'bad'));
  }
  const cells = [
    numberText(activeOf(partition, 'running')),
    numberText(activeOf(partition, 'waiting')),
    numberText(activeOf(partition, 'scheduled')),
  ];
  return line(
    number,
    span(`${fit(leader.identity, widths[1] ?? 0)}  `),
    span(`${fit(relativeText(since, now), widths[2] ?? 0)}  `, 'faint'),
    span(cells.map((cell, index) => fit(cell, widths[index + 3] ?? 0)).join('  ')),
  );
}

function typeLines({ partitions }: ClusterInfo, columns: number): Line[] {
  const counts = new Map<string, Record<'running' | 'waiting' | 'scheduled', number>>();
  for (const { type, status, runs } of partitions.flatMap(({ active }) => active)) {
    const count = counts.get(type) ?? { running: 0, waiting: 0, scheduled: 0 };
    count[status] += runs;
    counts.set(type, count);
  }
  if (counts.size === 0) return [];
  const width = Math.max(12, Math.min(47, columns - 40));
  const row = (cells: string[]): string =>
    cells.map((cell, index) => fit(cell, index === 0 ? width : 9)).join('  ');
  return [
    EMPTY_LINE,
    line(span(`  ${row(['ACTIVE RUNS BY TYPE', 'RUNNING', 'WAITING', 'SCHEDULED'])}`, 'strong')),
    ...[...counts].map(([type, { running, waiting, scheduled }]) =>
      line(span(`  ${row([type, numberText(running), numberText(waiting), numberText(scheduled)])}`)),
    ),
  ];
}
