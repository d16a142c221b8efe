import { Module } from '@nestjs/common';

import { PartnerApiModule } from '../partner-api/partner-api.module.js';
import { ShippingTasks } from './shipping.tasks.js';

@Module({ imports: [PartnerApiModule], providers: [ShippingTasks], exports: [ShippingTasks] })
export class ShippingModule {}
