import { type DoorName, DOORS } from '../partners/doors.js';
import type { Charge } from '../partners/payment-gateway.controller.js';

/** The partners' process, over HTTP: what they were asked for, and the doors at which orders can be held up. */
export class Partners {
  constructor(readonly url: string) {}

  /** How often, and how, the payment gateway was asked to charge for an order. */
  async charges(orderId: string): Promise<Charge[]> {
    const calls = (await this.#get('/charges')) as Charge[];
    return calls.filter((call) => call.orderId === orderId);
  }

  async shut(door: DoorName): Promise<void> {
    await this.#request(`/doors/${door}/shut`, 'POST');
  }

  async open(door: DoorName): Promise<void> {
    await this.#request(`/doors/${door}/open`, 'POST');
  }

  async openAll(): Promise<void> {
    await Promise.all(DOORS.map((door) => this.open(door)));
  }

  async isWaiting(door: DoorName, orderId: string): Promise<boolean> {
    return ((await this.#get(`/doors/${door}`)) as string[]).includes(orderId);
  }

  async #get(path: string): Promise<unknown> {
    return (await this.#request(path, 'GET')).json();
  }

  async #request(path: string, method: string): Promise<Response> {
    const response = await fetch(`${this.url}${path}`, { method });
    if (response.ok) return response;
    throw new Error(`${method} ${path} was answered with ${response.status}.`);
  }
}
