import type { CoordinatorHost } from '@ground-control/orchestration';
import { type INestApplication, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthModule } from './health.module.js';

/**
 * Answers at `/health/live` and `/health/ready`. Needs `@nestjs/platform-express`.
 *
 * @throws Error when the port is taken
 */
export async function serveHealth(
  host: CoordinatorHost,
  address: string,
  port: number,
): Promise<INestApplication> {
  // Without a logger of its own: one would be every logger's of the process.
  const app = await NestFactory.create(
    HealthModule.of(() => host.health),
    {
      abortOnError: false,
    },
  );
  await app.listen(port, address);
  new Logger('Coordinator').log(`health is told at http://${address}:${port}/health/live and /health/ready`);
  return app;
}
