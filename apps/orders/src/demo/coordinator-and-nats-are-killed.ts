import type { Shop } from '../stack/orders-stack.js';
import type { LiveHistory } from './live-history.js';
import type { Scene } from './scene.js';

const ORDER = 'order-2';

/** The coordinator and NATS are killed and started again under an order, which goes on as if nothing had been. */
export async function coordinatorAndNatsAreKilled(scene: Scene): Promise<void> {
  const { narrator, stack } = scene;
  narrator.chapter('2. The coordinator and the NATS server are killed under an order');
  const shop = survivorOf(scene);
  await stack.partners.shut('carrier');
  const history = await scene.place(shop, ORDER);
  await narrator.see('the carrier lets the order wait', () => stack.partners.isWaiting('carrier', ORDER));
  await killBoth(scene);
  await startBoth(scene);
  await stack.partners.open('carrier');
  await seeItFinished(history, shop, scene);
  await scene.checkChargedOnce(ORDER, history);
}

function survivorOf({ stack }: Scene): Shop {
  const [shop] = stack.shops.filter(({ process }) => process.running);
  if (!shop) throw new Error('No shop is left.');
  return shop;
}

async function killBoth({ narrator, stack }: Scene): Promise<void> {
  narrator.say('kill -9 the coordinator');
  await stack.killCoordinator();
  narrator.say('kill -9 the NATS server');
  await stack.killNats();
  narrator.check('both are dead', !stack.coordinatorIsRunning && !stack.natsIsRunning);
}

async function startBoth({ narrator, stack }: Scene): Promise<void> {
  await stack.restartNats();
  await stack.startCoordinator();
  narrator.check('both are up again', stack.coordinatorIsRunning && stack.natsIsRunning);
}

async function seeItFinished(history: LiveHistory, shop: Shop, scene: Scene): Promise<void> {
  const { narrator } = scene;
  const { trackingId } = await scene.result(shop, ORDER);
  narrator.check(`${shop.name} answers with the result of the order`, trackingId !== '', trackingId);
  await narrator.see('the history has come to its end', () => history.ended);
  narrator.check(
    'the history that was watched has no gap and nothing twice',
    history.isWhole,
    history.events,
  );
  const last = history.events.at(-1)?.kind;
  narrator.check('the order is completed', last === 'run.completed', last);
}
