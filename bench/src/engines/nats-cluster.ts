import { mkdir, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';

import { freePort, LOOPBACK } from '../harness/port.js';
import type { EngineContext, EngineProcess } from './engine.js';
import { ProcessSet } from './process-set.js';

interface Member {
  name: string;
  port: number;
  routePort: number;
  monitorPort: number;
}

const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;

/** Nats-servers on this machine that keep copies of each other's streams, each write synced by each of them. */
export class NatsCluster {
  private constructor(
    readonly servers: string,
    private readonly set: ProcessSet,
  ) {}

  static async start(size: number, executable: string, context: EngineContext): Promise<NatsCluster> {
    const members: Member[] = [];
    for (let index = 1; index <= size; index += 1) members.push(await newMember(`nats-server-${index}`));
    const cluster = new NatsCluster(members.map(urlOf).join(','), new ProcessSet(context));
    try {
      await Promise.all(members.map((member) => cluster.#serve(member, members, executable, context)));
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  processes(): EngineProcess[] {
    return this.set.list();
  }

  stop(): Promise<void> {
    return this.set.stop();
  }

  async #serve(
    member: Member,
    members: Member[],
    command: string,
    { directory }: EngineContext,
  ): Promise<void> {
    const store = join(directory, member.name);
    await mkdir(store);
    const configuration = join(store, 'nats-server.conf');
    await writeFile(configuration, configurationOf(member, members, store));
    await this.set.serve({ name: member.name, command, args: ['-c', configuration] }, () =>
      servesJetStream(member),
    );
  }
}

async function newMember(name: string): Promise<Member> {
  return { name, port: await freePort(), routePort: await freePort(), monitorPort: await freePort() };
}

function urlOf({ port }: Member): string {
  return `nats://${LOOPBACK}:${port}`;
}

function configurationOf(member: Member, members: Member[], store: string): string {
  const routes = members.map(({ routePort }) => `nats://${LOOPBACK}:${routePort}`).join(', ');
  return `
    server_name: ${member.name}
    host: ${LOOPBACK}
    port: ${member.port}
    http: ${LOOPBACK}:${member.monitorPort}
    max_payload: ${MAX_PAYLOAD_BYTES}
    jetstream { store_dir: "${store}", sync_interval: always }
    cluster { name: bench, listen: "${LOOPBACK}:${member.routePort}", routes: [${routes}] }
  `;
}

/** Whether the server takes clients and the cluster has a leader for its streams, which its health check waits for. */
async function servesJetStream({ port, monitorPort }: Member): Promise<boolean> {
  const health = await fetch(`http://${LOOPBACK}:${monitorPort}/healthz`);
  return health.ok && (await accepts(port));
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: LOOPBACK, port });
    socket.once('connect', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
  });
}
