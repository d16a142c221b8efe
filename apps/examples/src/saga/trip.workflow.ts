import { type Context, type Directive, OnCancel, Start, Step, Workflow } from '@ground-control/nestjs';

import { BookingTasks } from './booking.tasks.js';
import type { Part } from './travel-partners.js';
import { TripInput } from './trip-input.js';

interface TripState {
  trip: TripInput;
  /** What was asked for, in order. */
  begun: Part[];
}

/** A trip that is booked whole. */
export interface TripResult {
  references: string[];
}

/**
 * All of a trip is booked, or none of it: when a part cannot be had, or the traveller cancels, the parts before it are
 * cancelled in reverse order.
 *
 * Each part is a step of its own, so that the store says what there is to undo whatever happens next. The steps have no
 * timeout, the tasks have: a task that fails can be caught here, a step that times out fails the run.
 */
@Workflow('BookTrip')
export class TripWorkflow {
  constructor(private readonly bookings: BookingTasks) {}

  @Start()
  async start(ctx: Context<TripState>, trip: TripInput): Promise<Directive<TripResult>> {
    ctx.store.put('trip', trip);
    ctx.store.put('begun', []);
    return ctx.next.step(this.bookFlight);
  }

  @Step()
  async bookFlight(ctx: Context<TripState>): Promise<Directive<TripResult>> {
    return this.book(ctx, 'flight', ctx.next.step(this.bookHotel));
  }

  @Step()
  async bookHotel(ctx: Context<TripState>): Promise<Directive<TripResult>> {
    return this.book(ctx, 'hotel', ctx.next.step(this.bookCar));
  }

  @Step()
  async bookCar(ctx: Context<TripState>): Promise<Directive<TripResult>> {
    return this.book(ctx, 'car', ctx.next.step(this.confirm));
  }

  @Step()
  async confirm(ctx: Context<TripState>): Promise<Directive<TripResult>> {
    const parts = await ctx.store.get('begun');
    return ctx.next.complete({ references: parts.map((part) => referenceOf(ctx, part)) });
  }

  @Step()
  async compensate(ctx: Context<TripState>, reason: string): Promise<Directive<TripResult>> {
    await this.undo(ctx);
    return ctx.next.fail({ type: 'TripNotBookedError', message: reason });
  }

  /** The step that ran when the run was cancelled has finished, so the store has its part too. */
  @OnCancel()
  async cancelled(ctx: Context<TripState>): Promise<void> {
    await this.undo(ctx);
  }

  private async book(
    ctx: Context<TripState>,
    part: Part,
    next: Directive<TripResult>,
  ): Promise<Directive<TripResult>> {
    // Also when it fails: it may be booked all the same, with only the answer lost.
    ctx.store.put('begun', [...(await ctx.store.get('begun')), part]);
    try {
      await this.bookings.book(part, referenceOf(ctx, part), await ctx.store.get('trip'));
      return next;
    } catch (error) {
      return ctx.next.step(this.compensate, `No ${part}: ${(error as Error).message}`);
    }
  }

  /** What is cancelled is recorded: after a crash in the middle only the one that was under way is cancelled again. */
  private async undo(ctx: Context<TripState>): Promise<void> {
    const begun = (await ctx.store.find('begun')) ?? [];
    for (const part of begun.toReversed()) await this.bookings.cancel(part, referenceOf(ctx, part));
    ctx.store.put('begun', []);
  }
}

/** A name for the booking that is known before it is made: with it also a booking that is in doubt can be cancelled. */
function referenceOf({ run }: Context<TripState>, part: Part): string {
  return `${run.id}/${part}`;
}
