import { randomUUID } from 'node:crypto';

import { Body, Controller, Get, Headers, HttpException, HttpStatus, Post } from '@nestjs/common';

/** One call of the gateway, as it came in. */
export interface Charge {
  orderId: string;
  amount: number;
  idempotencyKey: string;
  at: Date;
}

/** What a card is good for, in cents. */
const CARD_LIMIT = 1_000_000;

/** Charges cards: once for each idempotency key, however often it is asked to; and remembers how often that was. */
@Controller('charges')
export class PaymentGatewayController {
  readonly #calls: Charge[] = [];
  readonly #payments = new Map<string, string>();

  @Post()
  charge(
    @Body() { orderId, amount }: { orderId: string; amount: number },
    @Headers('idempotency-key') idempotencyKey: string,
  ): { paymentId: string } {
    this.#calls.push({ orderId, amount, idempotencyKey, at: new Date() });
    if (amount > CARD_LIMIT) {
      throw new HttpException('The card is not good for so much.', HttpStatus.PAYMENT_REQUIRED);
    }
    return { paymentId: this.#paymentOf(idempotencyKey) };
  }

  @Get()
  calls(): Charge[] {
    return this.#calls;
  }

  #paymentOf(idempotencyKey: string): string {
    const paymentId = this.#payments.get(idempotencyKey) ?? `pay-${randomUUID()}`;
    this.#payments.set(idempotencyKey, paymentId);
    return paymentId;
  }
}
