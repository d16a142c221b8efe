import { Module } from '@nestjs/common';

import { ExpenseTasks } from './expense.tasks.js';
import { ExpenseWorkflow } from './expense.workflow.js';
import { MailService } from './mail.service.js';
import { PayrollService } from './payroll.service.js';

@Module({ providers: [ExpenseWorkflow, ExpenseTasks, MailService, PayrollService] })
export class ApprovalModule {}
