import { Module } from '@nestjs/common';

import { BookingTasks } from './booking.tasks.js';
import { TravelPartners } from './travel-partners.js';
import { TripWorkflow } from './trip.workflow.js';

@Module({ providers: [TripWorkflow, BookingTasks, TravelPartners] })
export class SagaModule {}
