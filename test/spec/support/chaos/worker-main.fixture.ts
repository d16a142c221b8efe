// A worker process: it loads the module of a spec, whose tests are left out (see no-vitest.mjs), and serves one of the
// applications that the module declares.
import 'reflect-metadata';
import type { TestingModule } from '@nestjs/testing';
import { bootServed, servedApp } from '../served-app.fixture.js';
import { gates } from '../gates.fixture.js';
import { type KillPoints, watchTraffic } from './kill-points.fixture.js';
import type { FromWorker, ToWorker } from './worker-messages.fixture.js';

let app: TestingModule | undefined;
let points: KillPoints | undefined;

async function boot({
  servers,
  namespace,
  identity,
  app: number,
  plan,
}: ToWorker & { kind: 'boot' }): Promise<void> {
  app = await bootServed(servedApp(number), { servers, namespace }, identity);
  points = watchTraffic(app, identity);
  points.follow(plan);
  tell({ kind: 'booted' });
}

async function take(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case 'boot':
      return boot(message);
    case 'plan':
      points?.follow(message.plan);
      return tell({ kind: 'planned' });
    case 'gate.opened':
      return gates.open(message.gate);
    case 'close':
      await app?.close();
      return process.exit(0);
  }
}

function tell(message: FromWorker): void {
  process.send?.(message);
}

gates.tellWith({
  pass: (gate) => {
    points?.at(`at the gate ${JSON.stringify(gate)}`);
    tell({ kind: 'gate.pass', gate });
  },
  open: (gate) => tell({ kind: 'gate.open', gate }),
});
process.on('message', (message) => void take(message as ToWorker));
process.once('disconnect', () => process.exit(0));
await import(process.argv[2] ?? '');
tell({ kind: 'loaded' });
