import { Command, Option } from 'commander';

import { duration, positiveInteger } from '../parsers.js';
import type { GlobalOptions } from '../session.js';

/** The options of the commands that start a coordinator. */
export interface CoordinatorOptions {
  partitions?: number;
  workerLease?: number;
  logLevel: string;
}

export function addCoordinatorOptions(command: Command): Command {
  return command
    .option('--partitions <number>', 'of a new namespace (default: 4)', positiveInteger)
    .option('--worker-lease <duration>', 'how long a worker may be silent (default: 15s)', duration)
    .addOption(
      new Option('--log-level <level>', "the coordinator's least important messages")
        .choices(['debug', 'log', 'warn', 'error'])
        .default('warn'),
    );
}

/** What a coordinator process is told. */
export function coordinatorEnv(
  servers: string,
  { namespace, partitions, workerLease, logLevel }: GlobalOptions & CoordinatorOptions,
): NodeJS.ProcessEnv {
  return {
    GROUND_CONTROL_SERVERS: servers,
    GROUND_CONTROL_NAMESPACE: namespace,
    GROUND_CONTROL_LOG_LEVEL: logLevel,
    ...(partitions !== undefined && { GROUND_CONTROL_PARTITIONS: String(partitions) }),
    ...(workerLease !== undefined && { GROUND_CONTROL_WORKER_LEASE: `${workerLease}ms` }),
  };
}
