import { Task } from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';

import { SoldOutError } from './sold-out.error.js';
import { type Part, TravelPartners } from './travel-partners.js';
import type { TripInput } from './trip-input.js';

@Injectable()
export class BookingTasks {
  constructor(private readonly partners: TravelPartners) {}

  @Task({ retry: { maxAttempts: 3, nonRetryableErrors: [SoldOutError] }, timeout: '20s' })
  async book(part: Part, reference: string, trip: TripInput): Promise<void> {
    await this.partners.book(part, reference, trip);
  }

  /** To give up would leave somebody with half a trip, so it tries for about an hour. */
  @Task({ retry: { maxAttempts: 70, maxDelay: '1m', jitter: 0.2 }, timeout: '20s' })
  async cancel(part: Part, reference: string): Promise<void> {
    await this.partners.cancel(part, reference);
  }
}
