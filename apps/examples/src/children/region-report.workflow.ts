import { type Context, type Directive, Start, Workflow } from '@ground-control/nestjs';

import { SalesTasks } from './sales.tasks.js';

export interface RegionInput {
  region: string;
  month: string;
}

export interface RegionReport {
  region: string;
  /** In cents. */
  sales: number;
}

/** The part of a report that is a region's: it fails when the region has no numbers. */
@Workflow('RegionReport')
export class RegionReportWorkflow {
  constructor(private readonly tasks: SalesTasks) {}

  @Start()
  async start(ctx: Context, { region, month }: RegionInput): Promise<Directive<RegionReport>> {
    return ctx.next.complete({ region, sales: await this.tasks.salesOf(region, month) });
  }
}
