import { GroundControlModule } from '@ground-control/nestjs';
import { Module } from '@nestjs/common';

import { OrdersModule } from './orders/orders.module.js';

@Module({
  imports: [
    // The servers come from GROUND_CONTROL_SERVERS.
    GroundControlModule.forRoot({ worker: { identity: process.env['WORKER_NAME'] } }),
    OrdersModule,
  ],
})
export class AppModule {}
