import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { EmbeddedNatsServer } from './embedded-nats-server.js';
import type { EmbeddedNatsServerOptions } from './embedded-options.js';
import { locateNatsServer } from './locate.js';
import type { NatsServerEvent } from './nats-server-event.js';
import { NatsServerStartError } from './nats-server-start.error.js';
import { pickFreePort } from './port.js';
import { authority } from './server-config.js';

type SharedOptions = Pick<
  EmbeddedNatsServerOptions,
  'host' | 'syncAlways' | 'maxPayloadBytes' | 'executable' | 'restart'
>;

export interface EmbeddedNatsClusterOptions extends SharedOptions {
  /** Each member has a folder in it for its data, configuration and log; they are made where they are missing. */
  storeDirectory: string;
  /**
   * How many servers; an odd number, since an even one outlives no more losses than one less.
   *
   * @defaultValue 3
   */
  size?: number;
  /**
   * The ports for clients, one a member; 0, or one that is missing, is a free one.
   *
   * @defaultValue free ports
   */
  ports?: readonly number[];
  /**
   * The URL at which `member` reaches `other`, for one that puts something between them, such as a test that cuts them off.
   *
   * @defaultValue `url`, which is the other's own
   */
  routeThrough?: (url: string, member: number, other: number) => string | Promise<string>;
  /** Called with what happens to a member, which is counted from 0. */
  onEvent?: (event: NatsServerEvent, member: number) => void;
}

const DEFAULT_SIZE = 3;
const DEFAULT_HOST = '127.0.0.1';
const CLUSTER_NAME = 'ground-control';
/** How often other ports are picked when somebody else was quicker to take one. */
const MAX_PORT_PICKS = 5;
/** How long the members have to find each other and to choose who leads their streams. */
const HEALTHY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** Where a member is reached by the others, and by who asks for its health. */
interface Place {
  routePort: number;
  monitorPort: number;
}

/**
 * Nats-servers on one machine that keep copies of each other's streams: for demos and tests of what the loss of a
 * server does. A cluster that is to outlive its machine has a server each on three of them.
 *
 * @example
 * ```ts
 * const cluster = await EmbeddedNatsCluster.start({ storeDirectory: '/tmp/cluster' });
 * const connection = await connect({ servers: cluster.urls });
 * await cluster.members[0].kill();
 * // …
 * await cluster.stop();
 * ```
 */
export class EmbeddedNatsCluster {
  private constructor(
    /** The servers, in the order of their ports and folders. */
    readonly members: readonly EmbeddedNatsServer[],
    private readonly healthUrls: readonly string[],
  ) {}

  /**
   * Starts a cluster; resolves when every member is healthy.
   *
   * @throws NatsServerUnavailableError when there is no nats-server and none could be installed
   * @throws NatsServerStartError when a member does not become ready; none is then left running
   */
  static async start(options: EmbeddedNatsClusterOptions): Promise<EmbeddedNatsCluster> {
    const executable = options.executable ?? (await locateNatsServer());
    for (let picks = 1; ; picks += 1) {
      try {
        return await startMembers({ ...options, executable });
      } catch (error) {
        const portWasTaken = error instanceof NatsServerStartError && error.failure === 'port-in-use';
        if (options.ports || !portWasTaken || picks === MAX_PORT_PICKS) throw error;
      }
    }
  }

  /** @internal */
  static of(members: readonly EmbeddedNatsServer[], healthUrls: readonly string[]): EmbeddedNatsCluster {
    return new EmbeddedNatsCluster(members, healthUrls);
  }

  /** Where clients connect: the URL of each member. */
  get urls(): string[] {
    return this.members.map(({ url }) => url);
  }

  /**
   * Waits until every member runs and has all that it keeps copies of, as after one that was away.
   *
   * @param timeoutMs how long, in milliseconds
   * @throws NatsServerStartError naming the members that are not healthy by then
   */
  async whenHealthy(timeoutMs: number = HEALTHY_TIMEOUT_MS): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const healthy = await Promise.all(this.healthUrls.map(isHealthy));
      if (!healthy.includes(false)) return;
      if (performance.now() > deadline) throw unhealthy(this.urls, healthy, timeoutMs);
      await delay(POLL_MS);
    }
  }

  /** Stops every member; paused ones too. May be called again. */
  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
  }
}

async function startMembers(options: EmbeddedNatsClusterOptions): Promise<EmbeddedNatsCluster> {
  const host = options.host ?? DEFAULT_HOST;
  const places: Place[] = [];
  for (let member = 0; member < (options.size ?? DEFAULT_SIZE); member += 1)
    places.push(await newPlace(host));
  const starting = await Promise.allSettled(
    places.map((_, member) => startMember(options, host, places, member)),
  );
  const members = starting.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const cluster = EmbeddedNatsCluster.of(
    members,
    places.map((place) => healthUrl(host, place)),
  );
  try {
    for (const start of starting) if (start.status === 'rejected') throw start.reason;
    await cluster.whenHealthy();
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function newPlace(host: string): Promise<Place> {
  return { routePort: await pickFreePort(host), monitorPort: await pickFreePort(host) };
}

async function startMember(
  options: EmbeddedNatsClusterOptions,
  host: string,
  places: readonly Place[],
  member: number,
): Promise<EmbeddedNatsServer> {
  const { storeDirectory, ports, routeThrough = (url) => url, onEvent, size: _, ...shared } = options;
  const place = places[member] as Place;
  // Without a route a server does not count as one of a cluster: its own is as good as any.
  const others = places.map((other, index) => ({ url: `nats://${authority(host, other.routePort)}`, index }));
  const routes = await Promise.all(
    others.map(async ({ url, index }) => (index === member ? url : routeThrough(url, member, index))),
  );
  // Its streams are a member's by its name: it must be the same for each start on the folder.
  const name = `${CLUSTER_NAME}-${member + 1}`;
  return EmbeddedNatsServer.start({
    ...shared,
    host,
    storeDirectory: join(storeDirectory, name),
    serverName: name,
    port: ports?.[member] ?? 0,
    cluster: { name: CLUSTER_NAME, port: place.routePort, monitorPort: place.monitorPort, routes },
    onEvent: (event) => onEvent?.(event, member),
  });
}

function healthUrl(host: string, { monitorPort }: Place): string {
  return `http://${authority(host, monitorPort)}/healthz`;
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    return answer.ok;
  } catch {
    return false;
  }
}

function unhealthy(
  urls: readonly string[],
  healthy: readonly boolean[],
  timeoutMs: number,
): NatsServerStartError {
  const failing = urls.filter((_, member) => healthy[member] !== true).join(', ');
  return new NatsServerStartError('not-ready', `not healthy after ${timeoutMs / 1000} s: ${failing}`);
}
