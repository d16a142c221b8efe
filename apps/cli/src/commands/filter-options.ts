import type { ListOptions } from '@ground-control/client';
import type { Attributes, RunStatus } from '@ground-control/protocol';
import { type Command, Option } from 'commander';

import { attribute, date, duration, severalOf } from '../parsers.js';
import { STATUSES } from '../statuses.js';

/** Which runs a command is about. */
export interface FilterOptions {
  type?: string;
  status?: RunStatus[];
  idPrefix?: string;
  startedAfter?: Date;
  startedBefore?: Date;
  /** In milliseconds. */
  olderThan?: number;
  attribute?: Attributes;
}

export function addFilterOptions(command: Command): Command {
  return command
    .option('--type <type>', 'of this workflow type')
    .addOption(
      new Option('--status <status>', `in this state; several by commas (${STATUSES.join(', ')})`).argParser(
        severalOf(STATUSES),
      ),
    )
    .option('--id-prefix <text>', 'whose workflow id begins with this')
    .option('--started-after <time>', 'started after this time, such as 2025-01-31T12:00Z or "2h ago"', date)
    .option('--started-before <time>', 'started before this time', date)
    .addOption(
      new Option('--older-than <duration>', 'started longer ago than this, such as 7d')
        .argParser(duration)
        .conflicts('startedBefore'),
    )
    .option('--attribute <name=value>', 'with this attribute; may be repeated', attribute);
}

/** Whether anything narrows the runs down. */
export function hasFilter(options: FilterOptions): boolean {
  const { type, status, idPrefix, startedAfter, startedBefore, olderThan, attribute: attributes } = options;
  return [type, status, idPrefix, startedAfter, startedBefore, olderThan, attributes].some(
    (value) => value !== undefined,
  );
}

/** The filter as the client takes it. */
export function filterOf(options: FilterOptions, now: number = Date.now()): ListOptions {
  const { type, status, idPrefix, startedAfter, olderThan, attribute: attributes } = options;
  const startedBefore = olderThan === undefined ? options.startedBefore : new Date(now - olderThan);
  return { type, status, idPrefix, startedAfter, startedBefore, attributes };
}
