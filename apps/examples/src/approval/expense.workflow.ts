import {
  type Context,
  type Directive,
  OnEvent,
  OnQuery,
  type QueryContext,
  Start,
  Step,
  Workflow,
} from '@ground-control/nestjs';

import { ExpenseInput } from './expense-input.js';
import { ExpenseTasks } from './expense.tasks.js';

/** What became of an expense. */
export interface Decision {
  status: 'approved' | 'rejected' | 'expired';
  by?: string;
  reason?: string;
}

interface ExpenseState {
  expense: ExpenseInput;
  /** Absent while it is waited for. */
  decision: Decision;
}

const TIME_TO_DECIDE = '3d';

/**
 * Somebody has to decide, within a time limit.
 *
 * While a run waits it is an entry in the journal and takes no process, however long that is. Of a decision and the end
 * of the time that come at the same moment one wins, and the other changes nothing.
 */
@Workflow('ApproveExpense')
export class ExpenseWorkflow {
  constructor(private readonly tasks: ExpenseTasks) {}

  @Start()
  async start(ctx: Context<ExpenseState>, expense: ExpenseInput): Promise<Directive<Decision>> {
    ctx.store.put('expense', expense);
    await this.tasks.askManager(ctx.run.workflowId, expense);
    return ctx.next.wait({ timeout: expense.decideWithin ?? TIME_TO_DECIDE, onTimeout: this.expire });
  }

  @OnEvent()
  async approved(ctx: Context<ExpenseState>, { by }: { by: string }): Promise<Directive<Decision>> {
    const { employee, amount } = await ctx.store.get('expense');
    await this.tasks.reimburse(employee, amount);
    return this.decide(ctx, { status: 'approved', by });
  }

  @OnEvent()
  async rejected(
    ctx: Context<ExpenseState>,
    { by, reason }: { by: string; reason: string },
  ): Promise<Directive<Decision>> {
    return this.decide(ctx, { status: 'rejected', by, reason });
  }

  @Step()
  async expire(ctx: Context<ExpenseState>): Promise<Directive<Decision>> {
    return this.decide(ctx, { status: 'expired' });
  }

  @OnQuery()
  async status(ctx: QueryContext<ExpenseState>): Promise<Decision['status'] | 'waiting'> {
    const decision = await ctx.store.find('decision');
    return decision?.status ?? 'waiting';
  }

  private async decide(ctx: Context<ExpenseState>, decision: Decision): Promise<Directive<Decision>> {
    const { employee, purpose } = await ctx.store.get('expense');
    await this.tasks.tellEmployee(employee, `Your expense for ${purpose} is ${decision.status}.`);
    ctx.store.put('decision', decision);
    return ctx.next.complete(decision);
  }
}
