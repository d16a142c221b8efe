import { InvalidInputError } from '@ground-control/protocol';
import type { NamespaceConfig } from './journal.js';

/** The most partitions of a namespace. */
export const MAX_PARTITIONS = 1024;

/** The most replicas that JetStream knows. */
export const MAX_REPLICAS = 5;

/** @throws InvalidInputError naming the setting */
export function assertNamespaceConfig({ partitions, replicas }: NamespaceConfig): void {
  assertWithin('partitions', partitions, MAX_PARTITIONS);
  assertWithin('replicas', replicas, MAX_REPLICAS);
}

/** @throws InvalidInputError before the namespace is open, and for a partition that it does not have */
export function assertPartition(partition: number, config: NamespaceConfig | undefined): void {
  if (!config) throw new InvalidInputError('The namespace is not open: call open() first.');
  if (Number.isInteger(partition) && partition >= 0 && partition < config.partitions) return;
  throw new InvalidInputError(`Partition ${partition}: the namespace has 0 to ${config.partitions - 1}.`);
}

function assertWithin(setting: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new InvalidInputError(`${setting}: ${value} is no whole number from 1 to ${most}.`);
}
