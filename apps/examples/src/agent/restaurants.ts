import { Injectable, Logger } from '@nestjs/common';

/** Stands in for the world that the tools reach out to. */
@Injectable()
export class Restaurants {
  private readonly logger = new Logger(Restaurants.name);
  private readonly bookings = new Map<string, string>();

  async freeEvenings(_restaurant: string): Promise<string[]> {
    return ['Friday', 'Saturday'];
  }

  /** A table that is booked twice with one key is booked once. */
  async book(restaurant: string, evening: string, key: string): Promise<void> {
    if (!(await this.freeEvenings(restaurant)).includes(evening)) {
      throw new Error(`${restaurant} has no table on ${evening}.`);
    }
    this.bookings.set(key, evening);
    this.logger.log(`Booked a table at ${restaurant} on ${evening}`);
  }
}
