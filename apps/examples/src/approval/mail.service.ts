import { Injectable, Logger } from '@nestjs/common';

/** Stands in for a mail server. */
@Injectable()
export class MailService {
  private readonly logger = new Logger(MailService.name);

  async send(to: string, text: string): Promise<void> {
    this.logger.log(`To ${to}: ${text}`);
  }
}
