/** A bug that is put into the production code of this process, and taken out again. */
export interface PlantedBug {
  name: string;
  /** What it does, in a sentence. */
  what: string;
  /** A seed that finds it, or did when this was written: where a short search begins. */
  foundAt: number;
  /** @returns what takes it out */
  plant: () => () => void;
}

/**
 * Puts another function in the place of a method of a class. The production code has no hook for it and pays nothing.
 *
 * @param instead gets the object, the arguments and the original method
 * @returns what puts the method back
 * @throws Error when the class has no such method (any more): the bug would not be there
 */
export function replaceMethod<Self, Args extends unknown[]>(
  type: { prototype: object; name: string },
  name: string,
  instead: (self: Self, args: Args, original: (...args: Args) => unknown) => unknown,
): () => void {
  const prototype = type.prototype as Record<string, unknown>;
  const original = prototype[name];
  if (typeof original !== 'function')
    throw new Error(`${type.name} has no method ${name}: plant the bug elsewhere`);
  prototype[name] = function planted(this: Self, ...args: Args): unknown {
    return instead(this, args, (...given) => Reflect.apply(original, this, given) as unknown);
  };
  return () => {
    prototype[name] = original;
  };
}
