import { readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

/** What a `gctl dev` leaves in its data folder while it runs, for the next one to read. */
export interface DevMark {
  pid: number;
  servers: string;
}

const FILE = 'gctl-dev.json';
const CONNECT_TIMEOUT_MS = 1_000;

/** The `gctl dev` that uses the folder; undefined when there is none, or what it left is of one that was killed. */
export async function findDev(folder: string): Promise<DevMark | undefined> {
  const mark = await readMark(folder);
  return mark && isAlive(mark.pid) && (await answers(mark.servers)) ? mark : undefined;
}

export async function leaveMark(folder: string, mark: DevMark): Promise<void> {
  await writeFile(join(folder, FILE), `${JSON.stringify(mark)}\n`);
}

export async function removeMark(folder: string): Promise<void> {
  await rm(join(folder, FILE), { force: true });
}

async function readMark(folder: string): Promise<DevMark | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, FILE), 'utf8')) as DevMark;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether the first of the servers takes a connection: a process id alone may be another's by now. */
function answers(servers: string): Promise<boolean> {
  const { hostname: host, port } = new URL(servers.split(',')[0] ?? servers);
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: CONNECT_TIMEOUT_MS });
    const settle = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}
