import { type Context, type Directive, Start, Step, Workflow } from '@ground-control/nestjs';

import { InventoryTasks } from '../inventory/inventory.tasks.js';
import { PaymentTasks } from '../payments/payment.tasks.js';
import { ShippingTasks } from '../shipping/shipping.tasks.js';
import { OrderInput } from './order-input.js';

/** What an order keeps from step to step. */
interface OrderState {
  orderId: string;
  paymentId: string;
}

/** What an order ends with. */
export interface OrderResult {
  trackingId: string;
  shippedAt: Date;
}

/**
 * The life of an order: charge the card and reserve the item, both at once; then ship.
 *
 * It is an injectable class like any other. What it awaits is recorded: when the process dies, another one goes on,
 * and a task that was completed is not run again.
 */
@Workflow('ProcessOrder')
export class OrderWorkflow {
  constructor(
    private readonly payments: PaymentTasks,
    private readonly inventory: InventoryTasks,
    private readonly shipping: ShippingTasks,
  ) {}

  @Start({ timeout: '5m' })
  async start(ctx: Context<OrderState>, input: OrderInput): Promise<Directive<OrderResult>> {
    ctx.store.put('orderId', input.orderId);
    const [paymentId] = await Promise.all([
      this.payments.charge(input.orderId, input.amount),
      this.inventory.reserve(input.orderId, input.itemId, input.qty),
    ]);
    ctx.store.put('paymentId', paymentId);
    return ctx.next.step(this.ship);
  }

  @Step({ timeout: '5m', retry: { maxAttempts: 3 } })
  async ship(ctx: Context<OrderState>): Promise<Directive<OrderResult>> {
    // The time and an id, as they were when the step first asked: a replay gets the same ones.
    const shippedAt = await ctx.now();
    const trackingId = await ctx.uuid4();
    await this.shipping.create(await ctx.store.get('orderId'), trackingId);
    return ctx.next.complete({ trackingId, shippedAt });
  }
}
