import { Module } from '@nestjs/common';

import { PartnerApiModule } from '../partner-api/partner-api.module.js';
import { PaymentTasks } from './payment.tasks.js';

@Module({ imports: [PartnerApiModule], providers: [PaymentTasks], exports: [PaymentTasks] })
export class PaymentsModule {}
