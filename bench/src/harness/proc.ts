import { readdirSync, readFileSync } from 'node:fs';

// What Linux tells of processes in /proc.

/** The unit of times in /proc/<pid>/stat, which every Linux reports as 100 a second. */
const MS_PER_TICK = 10;

/**
 * CPU time of a process and of all that it started, in milliseconds, user and system. What an ended child used counts
 * as well once its parent has collected it, so the figure does not fall when a child ends.
 */
export function cpuMs(pid: number): number {
  return (
    treeOf(pid).reduce((total, member) => total + ticksOf(readText(`/proc/${member}/stat`)), 0) * MS_PER_TICK
  );
}

/** Resident memory of a process and of all that it started, in MiB. Memory that they share counts once. */
export function rssMb(pid: number): number {
  const members = treeOf(pid).map((member) => memoryOf(readText(`/proc/${member}/status`)));
  const own = members.reduce((total, { rssKb, sharedKb }) => total + rssKb - sharedKb, 0);
  const shared = Math.max(0, ...members.map(({ sharedKb }) => sharedKb));
  return (own + shared) / 1024;
}

/** Fields 14 to 17 of /proc/<pid>/stat: user and system time, its own and its collected children's. */
export function ticksOf(stat: string): number {
  // The second field is a name in parentheses, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((total, field) => total + Number(field), 0);
}

/** Resident memory of /proc/<pid>/status, and how much of it is shared memory such as a database's buffers. */
export function memoryOf(status: string): { rssKb: number; sharedKb: number } {
  return { rssKb: kilobytes(status, 'VmRSS'), sharedKb: kilobytes(status, 'RssShmem') };
}

function kilobytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
}

function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

function childrenOf(pid: number): number[] {
  const threads = listFolder(`/proc/${pid}/task`);
  return threads.flatMap((thread) =>
    readText(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
}

/** Empty for a process that has just ended. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
