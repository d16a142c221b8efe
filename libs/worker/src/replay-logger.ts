import { Logger, type LoggerService } from '@nestjs/common';

/** A workflow's log as its steps see it: silent while recorded work is replayed, so that nothing is said twice. */
export class ReplayLogger implements LoggerService {
  private readonly logger: Logger;

  constructor(
    context: string,
    private readonly isReplaying: () => boolean,
  ) {
    this.logger = new Logger(context);
  }

  log(message: unknown, ...rest: unknown[]): void {
    if (!this.isReplaying()) this.logger.log(message, ...rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    if (!this.isReplaying()) this.logger.error(message, ...rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    if (!this.isReplaying()) this.logger.warn(message, ...rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    if (!this.isReplaying()) this.logger.debug(message, ...rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    if (!this.isReplaying()) this.logger.verbose(message, ...rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    if (!this.isReplaying()) this.logger.fatal(message, ...rest);
  }
}
