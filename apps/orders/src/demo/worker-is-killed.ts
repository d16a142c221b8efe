import type { Shop } from '../stack/orders-stack.js';
import type { LiveHistory } from './live-history.js';
import type { Scene } from './scene.js';

const ORDER = 'order-1';

/** A worker is killed in the middle of a step, after the payment: another finishes, and nobody pays twice. */
export async function workerIsKilled(scene: Scene): Promise<void> {
  const { narrator, stack } = scene;
  const { partners } = stack;
  narrator.chapter('1. A worker is killed in the middle of a step, after the payment');
  await partners.shut('warehouse');
  const history = await scene.place(stack.shop('shop-1'), ORDER);
  await narrator.see('the payment is recorded', () => history.completed('charge').length === 1);
  await narrator.see('the warehouse lets the same step wait', () => partners.isWaiting('warehouse', ORDER));
  const killed = await killTheWorker(history, scene);
  await partners.open('warehouse');
  await seeItFinished(history, killed, scene);
  await scene.checkChargedOnce(ORDER, history);
}

async function killTheWorker(history: LiveHistory, scene: Scene): Promise<Shop> {
  const { narrator, stack } = scene;
  const started = await narrator.see('the step is running', () => history.ofKind('step.started').at(-1));
  const shop = stack.shop(scene.nameOf(started.workerId));
  narrator.say(`kill -9 ${shop.process.pid}   # ${shop.name}, which runs the step`);
  await shop.process.kill();
  narrator.check(`${shop.name} is dead`, !shop.process.running);
  narrator.check('the order is not done', !history.ended);
  return shop;
}

async function seeItFinished(history: LiveHistory, killed: Shop, scene: Scene): Promise<void> {
  const { narrator, stack } = scene;
  const [survivor] = stack.shops.filter((shop) => shop !== killed);
  if (!survivor) throw new Error('No shop is left.');
  const { trackingId } = await scene.result(survivor, ORDER);
  narrator.check(`${survivor.name} answers with the result of the order`, trackingId !== '', trackingId);
  await narrator.see('the history has come to its end', () => history.ended);
  const finishers = history.ofKind('step.completed').map(({ workerId }) => scene.nameOf(workerId));
  const allHis = finishers.length === 2 && finishers.every((name) => name === survivor.name);
  narrator.check(`${survivor.name} finished both steps`, allHis, finishers);
  const attempts = history.ofKind('step.started').filter(({ step }) => step === 'start');
  narrator.check('the step that was interrupted ran again', attempts.at(-1)?.attempt === 2, attempts);
}
