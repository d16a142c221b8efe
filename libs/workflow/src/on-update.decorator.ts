import type { Duration } from '@ground-control/protocol';
import { handlerDecorator } from './handler-metadata.js';

export interface OnUpdateOptions {
  /** The update's name. @defaultValue the method's name */
  name?: string | undefined;
  /** The time that one attempt may take. @defaultValue none */
  timeout?: Duration | undefined;
}

/**
 * Marks a method that changes the run on request and answers its caller: `(ctx, payload?)`. The answer is the `reply`
 * of the directive that it returns.
 *
 * @example
 * ```ts
 * @OnUpdate('address')
 * async changeAddress(ctx: Context<OrderState>, address: Address): Promise<Directive> {
 *   ctx.store.put('address', address);
 *   return ctx.next.wait({ reply: 'changed' });
 * }
 * ```
 */
export function OnUpdate(options: string | OnUpdateOptions = {}): MethodDecorator {
  const given = typeof options === 'string' ? { name: options } : options;
  return handlerDecorator((method) => ({ ...given, kind: 'update', name: given.name ?? method }));
}
