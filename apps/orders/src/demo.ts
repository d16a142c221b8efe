import 'reflect-metadata';
import { GroundControlClient, GroundControlModule } from '@ground-control/nestjs';
import { NestFactory } from '@nestjs/core';

import { coordinatorAndNatsAreKilled } from './demo/coordinator-and-nats-are-killed.js';
import { Narrator } from './demo/narrator.js';
import { Scene } from './demo/scene.js';
import { workerIsKilled } from './demo/worker-is-killed.js';
import { interruption } from './stack/interruption.js';
import { OrdersStack } from './stack/orders-stack.js';

// `npm run demo`: two orders, under which everything that can be killed is killed. It exits with 0 only if all of it
// was seen, and leaves nothing running.

const TIME_LIMIT_MS = 5 * 60_000;

const ending = new AbortController();
const narrator = new Narrator((line) => console.log(line), ending.signal);
const stack = new OrdersStack({
  workerLease: '3s',
  shopPorts: [3000, 3001],
  onProgress: (line) => narrator.say(line),
});

void interruption().then(() => ending.abort(new Error('interrupted')));
const timeLimit = setTimeout(() => ending.abort(new Error('the demo took too long')), TIME_LIMIT_MS);

try {
  await Promise.race([tell(), aborted()]);
  await stop();
  console.log(`\nAll ${narrator.checks} things were seen.`);
} catch (error) {
  ending.abort(error);
  console.error(`\n  ✗ ${(error as Error).message}`);
  process.exitCode = 1;
  await stack.stop();
} finally {
  clearTimeout(timeLimit);
}

async function tell(): Promise<void> {
  narrator.chapter('Starting NATS, a coordinator, two shops and their partners');
  await stack.start();
  const app = await NestFactory.createApplicationContext(
    GroundControlModule.forRoot({ servers: stack.servers, worker: false }),
    { logger: false },
  );
  try {
    const scene = new Scene(stack, app.get(GroundControlClient), narrator);
    await scene.meetTheWorkers();
    await workerIsKilled(scene);
    await coordinatorAndNatsAreKilled(scene);
  } finally {
    await app.close();
  }
}

async function stop(): Promise<void> {
  narrator.chapter('Stopping');
  await stack.stop();
  await narrator.see('nothing is left running', () => ![...stack.pids].some(isAlive));
}

function aborted(): Promise<never> {
  return new Promise((_resolve, reject) => {
    ending.signal.addEventListener('abort', () => reject(ending.signal.reason as Error), { once: true });
  });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
