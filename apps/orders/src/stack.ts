import { interruption } from './stack/interruption.js';
import { OrdersStack } from './stack/orders-stack.js';

// `npm start`: the example with all that it needs, until Ctrl-C.

const interrupted = interruption();
const stack = new OrdersStack({
  workerLease: '15s',
  shopPorts: [3000, 3001],
  onProgress: (line) => console.log(`  ${line}`),
});

try {
  console.log('Starting the orders example:');
  await Promise.race([stack.start(), interrupted]);
  console.log(guide());
  await interrupted;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  console.log('Stopping.');
  await stack.stop();
}

function guide(): string {
  const [url, other] = stack.shops.map((shop) => shop.url);
  const body = JSON.stringify({ orderId: 'order-1', itemId: 'book', qty: 1, amount: 4200 });
  return `
All is up. In another terminal, place an order with one shop and ask the other about it:

  curl -X POST ${url}/orders -H 'content-type: application/json' -d '${body}'
  curl ${other}/orders/order-1
  curl ${other}/orders/order-1/result
  curl ${other}/orders/order-1/history

How often the payment gateway was called:

  curl ${stack.partners.url}/charges

Hold orders up at the carrier, kill what you like, and let them pass (or the warehouse, before it):

  curl -X POST ${stack.partners.url}/doors/carrier/shut
  curl -X POST ${stack.partners.url}/doors/carrier/open

The same from the command line:

  node dist/apps/cli/src/main.js --server ${stack.servers} workflow list

Ctrl-C stops everything and removes the data.`;
}
