import { Task } from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';

import { SalesService, UnknownRegionError } from './sales.service.js';

@Injectable()
export class SalesTasks {
  constructor(private readonly sales: SalesService) {}

  @Task({ retry: { maxAttempts: 5, nonRetryableErrors: [UnknownRegionError] }, timeout: '1m' })
  async salesOf(region: string, month: string): Promise<number> {
    return this.sales.salesOf(region, month);
  }
}
