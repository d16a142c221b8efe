import { Task } from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';

import { PartnerApi } from '../partner-api/partner-api.js';

@Injectable()
export class ShippingTasks {
  constructor(private readonly partners: PartnerApi) {}

  /** Has the carrier fetch the order. */
  @Task({ retry: { maxAttempts: 5, initialDelay: '500ms' } })
  async create(orderId: string, trackingId: string): Promise<void> {
    await this.partners.post('/shipments', { orderId, trackingId });
  }
}
