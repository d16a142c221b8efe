import { GroundControlClient, type HistoryEvent, type RunInfo } from '@ground-control/nestjs';
import { Body, Controller, Get, Param, Post } from '@nestjs/common';

import { OrderInput } from './order-input.js';
import { type OrderResult, OrderWorkflow } from './order.workflow.js';

/** How long `GET /orders/:id/result` waits for an order that is not done. */
const RESULT_TIMEOUT = '60s';

/** The shop's API. The order's id is the workflow's id, so that an order placed twice is one order. */
@Controller('orders')
export class OrdersController {
  constructor(private readonly groundControl: GroundControlClient) {}

  @Post()
  async place(@Body() order: OrderInput): Promise<{ orderId: string; runId: string }> {
    const { runId } = await this.groundControl.start(OrderWorkflow, { id: order.orderId, input: order });
    return { orderId: order.orderId, runId };
  }

  @Get(':id')
  describe(@Param('id') id: string): Promise<RunInfo> {
    return this.groundControl.handle(id).describe();
  }

  @Get(':id/result')
  result(@Param('id') id: string): Promise<OrderResult> {
    return this.groundControl.handle<OrderResult>(id).result({ timeout: RESULT_TIMEOUT });
  }

  @Get(':id/history')
  history(@Param('id') id: string): Promise<HistoryEvent[]> {
    return this.groundControl.handle(id).history();
  }
}
