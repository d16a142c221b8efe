import { Task } from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';

import { PartnerApi, PartnerError } from '../partner-api/partner-api.js';
import { CardDeclinedError } from './card-declined.error.js';

const PAYMENT_REQUIRED = 402;

@Injectable()
export class PaymentTasks {
  constructor(private readonly partners: PartnerApi) {}

  /** Charges the customer's card; returns the id of the payment. */
  @Task({
    retry: {
      maxAttempts: 5,
      initialDelay: '500ms',
      backoffMultiplier: 2,
      maxDelay: '30s',
      jitter: 0.2,
      nonRetryableErrors: [CardDeclinedError],
    },
    timeout: '10s',
  })
  async charge(orderId: string, amount: number): Promise<string> {
    try {
      const { paymentId } = await this.partners.post<{ paymentId: string }>('/charges', { orderId, amount });
      return paymentId;
    } catch (error) {
      if (error instanceof PartnerError && error.status === PAYMENT_REQUIRED) {
        throw new CardDeclinedError(error.message);
      }
      throw error;
    }
  }
}
