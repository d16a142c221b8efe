import 'reflect-metadata';

/**
 * Gives a function that stands in for another its name, arity and metadata, so that decorators above and below it and
 * Nest's reflector find what they look for.
 */
export function copyMetadata(from: Callable, to: Callable): void {
  for (const property of ['name', 'length']) {
    Object.defineProperty(to, property, { value: Reflect.get(from, property), configurable: true });
  }
  for (const key of Reflect.getOwnMetadataKeys(from) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, from), to);
  }
}

/** Any function. */
export type Callable = (...args: never[]) => unknown;
