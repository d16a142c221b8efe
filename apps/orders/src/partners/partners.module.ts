import { Module } from '@nestjs/common';

import { DoorsController } from './doors.controller.js';
import { Doors } from './doors.js';
import { PaymentGatewayController } from './payment-gateway.controller.js';
import { CarrierController, WarehouseController } from './warehouse-and-carrier.controllers.js';

@Module({
  controllers: [PaymentGatewayController, WarehouseController, CarrierController, DoorsController],
  providers: [Doors],
})
export class PartnersModule {}
