/**
 * A value as JSON, with what JSON has no form for in the nearest one: a Map as an array of its entries, a Set as an
 * array, a BigInt as text, bytes in base64, an Error as an object, undefined as null.
 */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value === undefined ? null : value, replace, indent);
}

// JSON.stringify hands over what `toJSON` returned, which for a Buffer is an array of numbers: `this` has the original.
function replace(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const original = this[key];
  if (original instanceof Uint8Array) return Buffer.from(original).toString('base64');
  if (original instanceof Map) return [...(original as Map<unknown, unknown>)];
  if (original instanceof Set) return [...(original as Set<unknown>)];
  if (typeof original === 'bigint') return String(original);
  if (original instanceof Error) {
    return {
      type: original.name,
      message: original.message,
      ...Object.fromEntries(Object.entries(original)),
    };
  }
  return value;
}
