import type { CoordinatorHealth } from '@ground-control/orchestration';
import { type DynamicModule, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { COORDINATOR_HEALTH, HealthController } from './health.controller.js';

/** Tells over HTTP how the coordinator of this process does. */
@Module({})
export class HealthModule {
  static of(look: () => CoordinatorHealth): DynamicModule {
    return {
      module: HealthModule,
      imports: [TerminusModule],
      controllers: [HealthController],
      providers: [{ provide: COORDINATOR_HEALTH, useValue: look }],
    };
  }
}
