import { Body, Controller, Post } from '@nestjs/common';

import { Doors } from './doors.js';

/** Puts items aside. */
@Controller('reservations')
export class WarehouseController {
  constructor(private readonly doors: Doors) {}

  @Post()
  async reserve(@Body() { orderId }: { orderId: string }): Promise<{ reserved: true }> {
    await this.doors.at('warehouse').pass(orderId);
    return { reserved: true };
  }
}

/** Fetches orders. */
@Controller('shipments')
export class CarrierController {
  constructor(private readonly doors: Doors) {}

  @Post()
  async create(@Body() { orderId }: { orderId: string }): Promise<{ accepted: true }> {
    await this.doors.at('carrier').pass(orderId);
    return { accepted: true };
  }
}
