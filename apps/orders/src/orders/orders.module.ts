import { Module } from '@nestjs/common';

import { InventoryModule } from '../inventory/inventory.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { ShippingModule } from '../shipping/shipping.module.js';
import { OrderWorkflow } from './order.workflow.js';
import { OrdersController } from './orders.controller.js';

@Module({
  imports: [PaymentsModule, InventoryModule, ShippingModule],
  controllers: [OrdersController],
  providers: [OrderWorkflow],
})
export class OrdersModule {}
