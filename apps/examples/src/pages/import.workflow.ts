import {
  type Context,
  type Directive,
  OnQuery,
  type QueryContext,
  Start,
  Step,
  Workflow,
} from '@ground-control/nestjs';

import { ImportTasks } from './import.tasks.js';

export interface ImportInput {
  /** Where to begin; at the first page when absent. */
  cursor?: string | undefined;
}

/** How far an import is. */
export interface ImportProgress {
  imported: number;
  pages: number;
  /** The page that is next; absent before the first one. */
  cursor?: string | undefined;
}

interface ImportState {
  progress: ImportProgress;
}

/**
 * A loop: a step that goes to itself, once a page.
 *
 * A `for` over all the pages in one step would work too, but every page is an operation of its step, and a replay goes
 * through all of them. A step that is over leaves nothing behind but what it put into the store.
 */
@Workflow('ImportCatalogue')
export class ImportWorkflow {
  constructor(private readonly tasks: ImportTasks) {}

  @Start()
  async start(ctx: Context<ImportState>, input?: ImportInput): Promise<Directive<ImportProgress>> {
    ctx.store.put('progress', { imported: 0, pages: 0, cursor: input?.cursor });
    return ctx.next.step(this.page, input?.cursor);
  }

  @Step()
  async page(ctx: Context<ImportState>, cursor?: string): Promise<Directive<ImportProgress>> {
    const { count, next } = await this.tasks.importPage(cursor);
    const { imported, pages } = await ctx.store.get('progress');
    const progress = { imported: imported + count, pages: pages + 1, cursor: next };
    ctx.store.put('progress', progress);
    return next === undefined ? ctx.next.complete(progress) : ctx.next.step(this.page, next);
  }

  /** It is answered after the run has failed too: another run can begin at its cursor. */
  @OnQuery()
  async progress(ctx: QueryContext<ImportState>): Promise<ImportProgress> {
    return ctx.store.get('progress');
  }
}
