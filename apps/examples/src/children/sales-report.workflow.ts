import {
  type ChildOutcome,
  type Context,
  type Directive,
  Start,
  Step,
  Workflow,
} from '@ground-control/nestjs';

import { type RegionReport, RegionReportWorkflow } from './region-report.workflow.js';
import { SalesReportInput } from './sales-report-input.js';

export interface SalesReport {
  /** Of the regions that have numbers, in cents. */
  total: number;
  regions: RegionReport[];
  missing: { workflowId: string; status: string; why: string | undefined }[];
}

interface SalesReportState {
  report: SalesReport;
  /** The children that have not ended. */
  open: number;
}

/**
 * A child for each region, all at once, and a step for each outcome.
 *
 * The children may run on other workers, and for weeks: the parent takes none of them while it waits. When they are
 * short, `await Promise.all(regions.map((region) => ctx.runChild(…)))` in one step says the same in a line, and holds
 * the step open until the last one has ended.
 */
@Workflow('SalesReport')
export class SalesReportWorkflow {
  @Start()
  async start(
    ctx: Context<SalesReportState>,
    { month, regions }: SalesReportInput,
  ): Promise<Directive<SalesReport>> {
    ctx.store.put('report', { total: 0, regions: [], missing: [] });
    ctx.store.put('open', regions.length);
    const children = regions.map((region) =>
      ctx.startChild(RegionReportWorkflow, {
        id: `${ctx.run.workflowId}/${region}`,
        input: { region, month },
        onCompleted: this.regionEnded,
        // Nobody wants a part of a report that was given up.
        parentClosePolicy: 'cancel',
      }),
    );
    await Promise.all(children);
    return ctx.next.wait();
  }

  /** However the child ended. The outcomes come one after the other, so that none is lost in the sum. */
  @Step()
  async regionEnded(
    ctx: Context<SalesReportState>,
    outcome: ChildOutcome<RegionReport>,
  ): Promise<Directive<SalesReport>> {
    const report = withOutcome(await ctx.store.get('report'), outcome);
    const open = (await ctx.store.get('open')) - 1;
    ctx.store.put('report', report);
    ctx.store.put('open', open);
    if (open > 0) return ctx.next.wait();
    if (report.regions.length > 0) return ctx.next.complete(report);
    return ctx.next.fail({
      type: 'NoSalesError',
      message: 'No region has numbers.',
      details: report.missing,
    });
  }
}

function withOutcome(report: SalesReport, outcome: ChildOutcome<RegionReport>): SalesReport {
  const { total, regions, missing } = report;
  const { workflowId, status, ok, error } = outcome;
  if (!ok) return { ...report, missing: [...missing, { workflowId, status, why: error?.message }] };
  const region = outcome.unwrap();
  return { ...report, total: total + region.sales, regions: [...regions, region] };
}
