import { execFile } from 'node:child_process';
import { chown, mkdir, readdir } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { unprivilegedUser } from '../harness/unprivileged-user.js';
import type { User } from '../harness/managed-process.js';
import { freePort, LOOPBACK } from '../harness/port.js';
import { findProgram } from '../harness/find-program.js';
import { debianProgram } from '../install/debian.js';
import type { EngineContext } from './engine.js';
import type { ProcessSet } from './process-set.js';

export interface PostgresPrograms {
  postgres: string;
  initdb: string;
  version: string;
  env: NodeJS.ProcessEnv;
}

const DEBIAN_FOLDER = '/usr/lib/postgresql';
const SUPERUSER = 'bench';
const INITDB_TIMEOUT_MS = 60_000;

/**
 * The PostgreSQL of this machine, or Debian's in a folder of ours.
 *
 * @throws Error with the reason when there is none to be had
 */
export async function locatePostgres(say: (line: string) => void): Promise<PostgresPrograms> {
  const installed = findProgram('initdb', await versionFolders(DEBIAN_FOLDER));
  if (installed !== undefined) return programsBeside(installed, {});
  const unpacked = await debianProgram({ name: 'postgresql', packages: ['postgresql'], say });
  const initdb = findProgram('initdb', await versionFolders(join(unpacked.root, DEBIAN_FOLDER)));
  if (initdb === undefined) throw new Error("Debian's package of PostgreSQL has no initdb");
  return programsBeside(initdb, unpacked.env);
}

async function versionFolders(folder: string): Promise<string[]> {
  const versions = await readdir(folder).catch(() => []);
  return versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(folder, version, 'bin'));
}

async function programsBeside(initdb: string, env: NodeJS.ProcessEnv): Promise<PostgresPrograms> {
  const postgres = join(dirname(initdb), 'postgres');
  const { stdout } = await promisify(execFile)(postgres, ['--version'], { env: { ...process.env, ...env } });
  return { postgres, initdb, version: stdout.trim().replace(/^postgres \(PostgreSQL\) /, ''), env };
}

/** A PostgreSQL with a store of its own. It refuses to run as root, so for root it runs as an ordinary user. */
export class PostgresCluster {
  readonly #user: User | undefined = unprivilegedUser();
  #port = 0;

  constructor(
    private readonly context: EngineContext,
    private readonly programs: PostgresPrograms,
    private readonly processes: ProcessSet,
  ) {}

  /** How to connect to one of its databases. */
  url(database: string): string {
    return `postgresql://${SUPERUSER}@${LOOPBACK}:${this.#port}/${database}`;
  }

  async start(): Promise<void> {
    const { postgres: command, env } = this.programs;
    const directory = await this.#makeStore();
    this.#port = await freePort();
    const args = ['-D', join(directory, 'data'), '-h', LOOPBACK, '-p', String(this.#port), '-k', directory];
    const durable = ['-c', 'synchronous_commit=on', '-c', 'fsync=on'];
    await this.processes.serve(
      // SIGINT: its "fast" shutdown, which does not wait for its clients.
      {
        name: 'postgres',
        command,
        args: [...args, ...durable],
        env,
        directory,
        user: this.#user,
        stopSignal: 'SIGINT',
      },
      () => accepts(this.#port),
    );
  }

  async #makeStore(): Promise<string> {
    const directory = join(this.context.directory, 'postgres');
    await mkdir(directory, { mode: 0o700 });
    if (this.#user) await chown(directory, this.#user.uid, this.#user.gid);
    const args = [
      '-D',
      join(directory, 'data'),
      '-U',
      SUPERUSER,
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C',
    ];
    await promisify(execFile)(this.programs.initdb, args, {
      ...this.#user,
      cwd: directory,
      env: { ...process.env, ...this.programs.env },
      timeout: INITDB_TIMEOUT_MS,
    });
    return directory;
  }
}

/** Whether it takes a session: it answers the start-up message of one with a request to authenticate (`R`). */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: LOOPBACK, port }, () => socket.write(startUpMessage()));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', (answer) => {
      resolve(answer[0] === 'R'.charCodeAt(0));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

function startUpMessage(): Buffer {
  const text = Buffer.from(`user\0${SUPERUSER}\0database\0postgres\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + text.length, 0);
  head.writeInt32BE(196_608, 4); // version 3.0 of its protocol
  return Buffer.concat([head, text]);
}
