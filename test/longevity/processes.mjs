// What the processes that this one has started take of the machine, from /proc.
import { readdirSync, readFileSync } from 'node:fs';

/** The children of this process: their ids, and `nats-server` or `coordinator`. */
export function childProcesses() {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      const status = read(`/proc/${entry}/status`);
      if (Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]) !== process.pid) return [];
      const command = read(`/proc/${entry}/cmdline`).replaceAll('\0', ' ');
      const name =
        /nats-server/.exec(command)?.[0] ?? (/coordinator/.test(command) ? 'coordinator' : 'other');
      return [{ pid: Number(entry), name }];
    });
}

export function residentBytes(pid) {
  return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

export function megabytes(bytes) {
  return Math.round(bytes / 1024 / 1024);
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
