import type { CoordinatorHealth } from '@ground-control/orchestration';
import { Controller, Get, Inject } from '@nestjs/common';
import {
  HealthCheck,
  type HealthCheckResult,
  HealthCheckService,
  type HealthIndicatorResult,
  HealthIndicatorService,
} from '@nestjs/terminus';

/** The injection token of what tells how the coordinator does. */
export const COORDINATOR_HEALTH: unique symbol = Symbol('ground-control.coordinator-health');

/** `GET /health/live` and `GET /health/ready`: 200, or 503 and what is amiss. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    @Inject(COORDINATOR_HEALTH) private readonly look: () => CoordinatorHealth,
  ) {}

  /** The process can go on by itself: it answers, and its connection is there or being restored. */
  @Get('live')
  @HealthCheck()
  live(): Promise<HealthCheckResult> {
    const { connection } = this.look();
    return this.health.check([() => this.indicate('nats', connection !== 'closed', { connection })]);
  }

  /** It is one of the coordinators, and serves every partition that is its to lead. */
  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    const { connection, leads, serves, troubles, isMember, started } = this.look();
    return this.health.check([
      () => this.indicate('nats', connection === 'connected', { connection }),
      () =>
        this.indicate('coordinator', started && isMember && serves.length === leads.length, {
          leads,
          serves,
          troubles,
        }),
    ]);
  }

  private indicate(key: string, isUp: boolean, details: Record<string, unknown>): HealthIndicatorResult {
    const session = this.indicators.check(key);
    return isUp ? session.up(details) : session.down(details);
  }
}
