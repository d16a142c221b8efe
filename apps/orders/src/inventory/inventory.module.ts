import { Module } from '@nestjs/common';

import { PartnerApiModule } from '../partner-api/partner-api.module.js';
import { InventoryTasks } from './inventory.tasks.js';

@Module({ imports: [PartnerApiModule], providers: [InventoryTasks], exports: [InventoryTasks] })
export class InventoryModule {}
