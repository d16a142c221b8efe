import { Task, TaskContext } from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';

import type { ExpenseInput } from './expense-input.js';
import { MailService } from './mail.service.js';
import { PayrollService } from './payroll.service.js';

@Injectable()
export class ExpenseTasks {
  constructor(
    private readonly mail: MailService,
    private readonly payroll: PayrollService,
  ) {}

  @Task({ retry: { maxAttempts: 5 }, timeout: '10s' })
  async askManager(id: string, { employee, purpose, amount }: ExpenseInput): Promise<void> {
    await this.mail.send('the manager', `${employee} spent ${amount} cents on ${purpose}. Decide on ${id}.`);
  }

  @Task({ retry: { maxAttempts: 5 }, timeout: '10s' })
  async tellEmployee(employee: string, text: string): Promise<void> {
    await this.mail.send(employee, text);
  }

  /** It may run more than once, when its answer was lost: the key is then the same, and the money is paid once. */
  @Task({ retry: { maxAttempts: 5 }, timeout: '10s' })
  async reimburse(employee: string, amount: number): Promise<void> {
    await this.payroll.pay(employee, amount, TaskContext.current().idempotencyKey);
  }
}
