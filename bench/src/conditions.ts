import { statfs } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';

import type { BenchOptions } from './options.js';

/** The file systems that Linux keeps in memory, by their magic numbers: tmpfs and ramfs. */
const IN_MEMORY = [0x01_02_19_94, 0x85_84_58_f6];

/** @throws Error when the folder is not on a disk: a sync there costs nothing, and no figure would mean anything */
export async function assertOnDisk(folder: string): Promise<void> {
  const { type } = await statfs(folder);
  if (IN_MEMORY.includes(type)) {
    throw new Error(
      `${folder} is kept in memory, where a sync costs nothing. Name a folder on a disk with --data.`,
    );
  }
}

/** What the machine is and how it is measured, a line each. */
export function conditionsOf(options: BenchOptions): string[] {
  const processors = cpus();
  return [
    `${processors.length} cores (${processors[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`,
    `${options.seconds} s counted after ${options.warmupSeconds} s of warm-up, ${options.rounds} rounds, data in ${options.dataDirectory}`,
  ];
}
