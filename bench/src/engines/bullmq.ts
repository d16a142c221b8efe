import { execFile } from 'node:child_process';
import { createConnection } from 'node:net';
import { promisify } from 'node:util';

import { findProgram } from '../harness/find-program.js';
import { freePort, LOOPBACK } from '../harness/port.js';
import { debianProgram } from '../install/debian.js';
import { installedVersion, installPeers } from '../install/peers.js';
import { COMMON_WORKLOADS, type Engine, type EngineContext, type EngineDefinition } from './engine.js';
import { ProcessSet } from './process-set.js';

interface RedisProgram {
  command: string;
  version: string;
  env: NodeJS.ProcessEnv;
}

let program: RedisProgram | undefined;

/** BullMQ on a Redis of its own that syncs every write. */
export const bullmq: EngineDefinition = {
  name: 'bullmq',
  conditions: 'Redis with appendonly yes, appendfsync always, no snapshots',
  workloads: COMMON_WORKLOADS,
  driver: 'peers/bullmq/client.js',
  async prepare(say) {
    await installPeers(say);
    program = await locateRedis(say);
    return `bullmq ${installedVersion('bullmq')}, Redis ${program.version}`;
  },
  create(context) {
    if (!program) throw new Error('Redis was not prepared.');
    return new BullMq(context, program);
  },
};

async function locateRedis(say: (line: string) => void): Promise<RedisProgram> {
  const installed = findProgram('redis-server');
  if (installed !== undefined) return describe(installed, {});
  const unpacked = await debianProgram({ name: 'redis', packages: ['redis-server'], say });
  return describe(`${unpacked.root}/usr/bin/redis-server`, unpacked.env);
}

async function describe(command: string, env: NodeJS.ProcessEnv): Promise<RedisProgram> {
  const { stdout } = await promisify(execFile)(command, ['--version'], { env: { ...process.env, ...env } });
  return { command, env, version: /v=(\S+)/.exec(stdout)?.[1] ?? 'of an unknown version' };
}

class BullMq implements Engine {
  settings: Record<string, string> = {};
  readonly #processes: ProcessSet;

  constructor(
    private readonly context: EngineContext,
    private readonly redis: RedisProgram,
  ) {
    this.#processes = new ProcessSet(context);
  }

  async start(): Promise<void> {
    const port = await freePort();
    this.settings = { host: LOOPBACK, port: String(port) };
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
    const args = ['--bind', LOOPBACK, '--port', String(port), ...durable];
    const { command, env } = this.redis;
    await this.#processes.serve({ name: 'redis-server', command, args, env }, () => answersPing(port));
  }

  startWorker(): Promise<void> {
    const { host = '', port = '' } = this.settings;
    return this.#processes.work('peers/bullmq/worker.js', {
      REDIS_HOST: host,
      REDIS_PORT: port,
      CONCURRENCY: String(this.context.maxInFlight),
    });
  }

  processes(): ReturnType<ProcessSet['list']> {
    return this.#processes.list();
  }

  stop(): Promise<void> {
    return this.#processes.stop();
  }
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: LOOPBACK, port }, () => socket.write('PING\r\n'));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', (answer) => {
      resolve(answer.toString().startsWith('+PONG'));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
