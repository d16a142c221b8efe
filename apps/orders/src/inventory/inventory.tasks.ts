import { Task } from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';

import { PartnerApi } from '../partner-api/partner-api.js';

@Injectable()
export class InventoryTasks {
  constructor(private readonly partners: PartnerApi) {}

  /** Puts items aside in the warehouse. */
  @Task({ retry: { maxAttempts: 5, initialDelay: '500ms' } })
  async reserve(orderId: string, itemId: string, qty: number): Promise<void> {
    await this.partners.post('/reservations', { orderId, itemId, qty });
  }
}
