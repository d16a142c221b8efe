import type { GroundControlClient } from '@ground-control/nestjs';

import type { OrdersStack, Shop } from '../stack/orders-stack.js';
import { historyLine } from './history-line.js';
import { LiveHistory } from './live-history.js';
import type { Narrator } from './narrator.js';

/** What an order is answered with when it is done. */
export interface OrderResultJson {
  trackingId: string;
  shippedAt: string;
}

/** What the chapters play with. */
export class Scene {
  readonly #names = new Map<string, string>();

  constructor(
    readonly stack: OrdersStack,
    readonly client: GroundControlClient,
    readonly narrator: Narrator,
  ) {}

  /** Waits until both shops are there as workers, and remembers who is who. */
  async meetTheWorkers(): Promise<void> {
    await this.narrator.see('both shops are registered as workers', async () => {
      const workers = await this.client.workers();
      for (const { id, identity } of workers) this.#names.set(id, identity);
      return this.stack.shops.every((shop) => workers.some(({ identity }) => identity === shop.name));
    });
  }

  /** Places an order over HTTP and prints its history as it comes in. */
  async place(shop: Shop, orderId: string): Promise<LiveHistory> {
    const order = { orderId, itemId: 'book', qty: 1, amount: 4_200 };
    this.narrator.say(`POST ${shop.url}/orders ${JSON.stringify(order)}`);
    const response = await fetch(`${shop.url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(order),
    });
    this.narrator.check(`${shop.name} took the order`, response.status === 201, await response.text());
    return new LiveHistory(this.client.handle(orderId), (event) =>
      this.narrator.say(historyLine(event, (workerId) => this.nameOf(workerId))),
    );
  }

  /** What the shop's API says that an order ended with; it waits for that. */
  async result(shop: Shop, orderId: string): Promise<OrderResultJson> {
    const response = await fetch(`${shop.url}/orders/${orderId}/result`);
    const text = await response.text();
    if (response.ok) return JSON.parse(text) as OrderResultJson;
    throw new Error(`GET ${shop.url}/orders/${orderId}/result was answered with ${response.status}: ${text}`);
  }

  nameOf(workerId: string): string {
    return this.#names.get(workerId) ?? workerId;
  }

  /** Checks that the payment gateway was called once for an order, and that its history says so too. */
  async checkChargedOnce(orderId: string, history: LiveHistory): Promise<void> {
    const charges = await this.stack.partners.charges(orderId);
    this.narrator.check('the payment gateway was called once', charges.length === 1, charges);
    const recorded = history.completed('charge');
    this.narrator.check('the history has one payment', recorded.length === 1, recorded);
  }
}
