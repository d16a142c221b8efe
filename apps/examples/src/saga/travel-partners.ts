import { Injectable, Logger } from '@nestjs/common';

import { SoldOutError } from './sold-out.error.js';
import type { TripInput } from './trip-input.js';

/** The parts of a trip. */
export type Part = 'flight' | 'hotel' | 'car';

/**
 * Stands in for an airline, a hotel and a car rental. What is booked twice under one reference is booked once;
 * what was never booked may be cancelled.
 */
@Injectable()
export class TravelPartners {
  private readonly logger = new Logger(TravelPartners.name);
  private readonly bookings = new Set<string>();

  async book(part: Part, reference: string, { traveller, to }: TripInput): Promise<void> {
    if (part === 'car' && to === 'Venice') throw new SoldOutError('There is no car in Venice.');
    this.bookings.add(reference);
    this.logger.log(`Booked a ${part} for ${traveller}: ${reference}`);
  }

  async cancel(part: Part, reference: string): Promise<void> {
    if (this.bookings.delete(reference)) this.logger.log(`Cancelled the ${part}: ${reference}`);
  }
}
