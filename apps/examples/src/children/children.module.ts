import { Module } from '@nestjs/common';

import { RegionReportWorkflow } from './region-report.workflow.js';
import { SalesReportWorkflow } from './sales-report.workflow.js';
import { SalesService } from './sales.service.js';
import { SalesTasks } from './sales.tasks.js';

@Module({ providers: [SalesReportWorkflow, RegionReportWorkflow, SalesTasks, SalesService] })
export class ChildrenModule {}
