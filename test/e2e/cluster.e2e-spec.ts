import { randomInt } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FAULTS, strikeFor } from '../cluster/chaos.js';
import { ClusterWorld } from '../cluster/cluster-world.js';
import { Load } from '../cluster/load.js';
import { Random } from '../cluster/random.js';

/** The short form; `npm run test:cluster -- --minutes 10` is the long one. */
const MINUTES = Number(process.env['CLUSTER_MINUTES'] ?? '0.4');
const SEED = Number(process.env['CLUSTER_SEED'] ?? randomInt(2 ** 31));
/** To start, to let runs that wait for a lease go on, and to read every history. */
const AROUND_MS = 240_000;

describe('three nats-servers, three coordinators, two workers', () => {
  it(
    'lose and double nothing while any one of them is killed, paused or cut off',
    async () => {
      const say = (line: string): void => void process.stdout.write(`${line}\n`);
      say(`cluster seed ${SEED}: npm run test:cluster -- --minutes ${MINUTES} --seed ${SEED}`);
      const world = await ClusterWorld.start({ natsServers: 3, coordinators: 3, workers: 2, partitions: 4 });
      onTestFinished(() => world.stop());
      const clients = [await world.newClient(), await world.newClient()];
      const load = new Load(world, 20);
      load.begin(clients, 8);
      const counts = await strikeFor(MINUTES * 60_000, world, new Random(SEED), say);
      const during = load.counts.ended;
      await load.end();
      const struck = FAULTS.map(({ name }) => `${name} ${counts.get(name) ?? 0}`).join(', ');
      say(`${load.counts.started} runs, ${during} of them ended among the faults: ${struck}`);
      say(
        `slowest requests: ${load
          .slowest()
          .map(({ what, tookMs }) => `${what} ${tookMs} ms`)
          .join(', ')}`,
      );
      expect(during).toBeGreaterThan(0);
      expect(load.counts.ended).toBe(load.counts.started);
      const [client] = clients;
      expect(client && (await load.violations(client))).toEqual([]);
    },
    MINUTES * 60_000 + AROUND_MS,
  );
});
