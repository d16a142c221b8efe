import { Injectable, Logger } from '@nestjs/common';

/** Stands in for the payroll: a payment that is asked for twice with one key is one payment. */
@Injectable()
export class PayrollService {
  private readonly logger = new Logger(PayrollService.name);
  private readonly paid = new Set<string>();

  async pay(employee: string, amount: number, key: string): Promise<void> {
    if (this.paid.has(key)) return;
    this.paid.add(key);
    this.logger.log(`${amount} cents to ${employee}`);
  }
}
