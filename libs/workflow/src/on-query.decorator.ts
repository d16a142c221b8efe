import { handlerDecorator } from './handler-metadata.js';

/**
 * Marks a method that answers a query from the run's committed state: `(ctx, args?)`. It reads only; a write to the
 * store throws.
 *
 * @param name the query's name; the method's when absent
 * @example
 * ```ts
 * @OnQuery()
 * async status(ctx: QueryContext<OrderState>): Promise<string> { return ctx.store.get('status'); }
 * ```
 */
export function OnQuery(name?: string): MethodDecorator {
  return handlerDecorator((method) => ({ kind: 'query', name: name ?? method }));
}
