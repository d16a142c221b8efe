import type { CoordinatorOptions } from '@ground-control/orchestration';
import { assertNamespace, type Duration, InvalidInputError, toMilliseconds } from '@ground-control/protocol';
import type { LogLevel } from '@nestjs/common';

/** What a coordinator's process is configured with. */
export interface CoordinatorEnvironment extends CoordinatorOptions {
  logLevels: LogLevel[];
  /** Whether the log is JSON, one object a line. */
  json: boolean;
  /** Where liveness and readiness are told; nowhere when absent. */
  health: HealthAddress | undefined;
}

/** Where HTTP is listened to. */
export interface HealthAddress {
  address: string;
  port: number;
}

const LEVELS: LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];

/**
 * Reads the environment variables of a coordinator, which docs/reference/configuration.md lists.
 *
 * @throws InvalidInputError naming the variable
 */
export function readEnvironment(env: NodeJS.ProcessEnv): CoordinatorEnvironment {
  const namespace = env['GROUND_CONTROL_NAMESPACE'] ?? 'default';
  assertNamespace(namespace);
  return {
    servers: (env['GROUND_CONTROL_SERVERS'] ?? 'nats://127.0.0.1:4222').split(','),
    namespace,
    partitions: wholeNumber(env, 'GROUND_CONTROL_PARTITIONS'),
    replicas: wholeNumber(env, 'GROUND_CONTROL_REPLICAS'),
    storage: oneOf(env, 'GROUND_CONTROL_STORAGE', ['file', 'memory'] as const),
    workerLease: duration(env, 'GROUND_CONTROL_WORKER_LEASE'),
    coordinatorId: env['GROUND_CONTROL_COORDINATOR_ID'],
    coordinatorLease: duration(env, 'GROUND_CONTROL_COORDINATOR_LEASE'),
    retention: duration(env, 'GROUND_CONTROL_RETENTION'),
    checkpoints: {
      interval: duration(env, 'GROUND_CONTROL_CHECKPOINT_INTERVAL'),
      purgeDelay: duration(env, 'GROUND_CONTROL_PURGE_DELAY'),
      idleAfter: duration(env, 'GROUND_CONTROL_IDLE_AFTER'),
    },
    json: (oneOf(env, 'GROUND_CONTROL_LOG_FORMAT', ['text', 'json'] as const) ?? 'text') === 'json',
    health: healthOf(env),
    logLevels: levelsDownTo(oneOf(env, 'GROUND_CONTROL_LOG_LEVEL', LEVELS) ?? 'log'),
  };
}

function duration(env: NodeJS.ProcessEnv, name: string): Duration | undefined {
  const text = env[name];
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : (text as Duration);
  toMilliseconds(value, name);
  return value;
}

function healthOf(env: NodeJS.ProcessEnv): HealthAddress | undefined {
  const port = wholeNumber(env, 'GROUND_CONTROL_HEALTH_PORT');
  return port === undefined ? undefined : { port, address: env['GROUND_CONTROL_HEALTH_HOST'] ?? '127.0.0.1' };
}

function wholeNumber(env: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = env[name];
  if (text === undefined) return undefined;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidInputError(`${name}: ${JSON.stringify(text)} is no whole number of 1 or more.`);
}

function oneOf<T extends string>(env: NodeJS.ProcessEnv, name: string, choices: readonly T[]): T | undefined {
  const text = env[name];
  if (text === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === text);
  if (choice) return choice;
  throw new InvalidInputError(`${name}: ${JSON.stringify(text)} is none of ${choices.join(', ')}.`);
}

function levelsDownTo(level: LogLevel): LogLevel[] {
  return LEVELS.slice(0, LEVELS.indexOf(level) + 1);
}
