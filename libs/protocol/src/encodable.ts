import { UnencodableValueError } from './errors.js';

/** How deeply values may be nested. */
export const MAX_VALUE_DEPTH = 100;

/**
 * Refuses what cannot be encoded: functions, symbols, circular references, nesting beyond {@link MAX_VALUE_DEPTH}.
 *
 * @returns whether there is a Map anywhere, which needs an extension of our own
 * @throws UnencodableValueError with the path to the culprit, for example `input.items[3].callback`
 */
export function assertEncodable(value: unknown, what: string): { hasMap: boolean } {
  if (isPlain(value, MAX_VALUE_DEPTH)) return PLAIN;
  const found = { hasMap: false };
  visit(value, { key: what, up: undefined }, [], found);
  return found;
}

const PLAIN = { hasMap: false };

/**
 * Whether the value is made of text, numbers, flags, arrays and object literals only, which nearly all are: then there is
 * nothing to say of it, and no way to spell. What refers back to itself runs out of depth.
 */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null)
    return typeof value !== 'function' && typeof value !== 'symbol';
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth - 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const key in value) {
    if (!isPlain((value as Record<string, unknown>)[key], depth - 1)) return false;
  }
  return true;
}

/** The way to a value, spelled out only when an error needs it. */
interface Path {
  key: string | number;
  up: Path | undefined;
}

function visit(value: unknown, path: Path, parents: object[], found: { hasMap: boolean }): void {
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new UnencodableValueError(`${spell(path)} is a ${typeof value} and cannot be encoded.`);
  }
  // oxlint-disable-next-line no-restricted-globals -- the class of a value, not the clock
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || value instanceof Date)
    return;
  if (parents.includes(value)) {
    throw new UnencodableValueError(`${spell(path)} refers back to a value that contains it.`);
  }
  if (parents.length >= MAX_VALUE_DEPTH) {
    throw new UnencodableValueError(`${spell(path)} is nested more than ${MAX_VALUE_DEPTH} levels deep.`);
  }
  if (value instanceof Map) found.hasMap = true;
  parents.push(value);
  for (const [key, child] of childrenOf(value)) visit(child, { key, up: path }, parents, found);
  parents.pop();
}

function childrenOf(value: object): Iterable<[string | number, unknown]> {
  if (Array.isArray(value)) return value.entries();
  if (value instanceof Set) return [...(value as Set<unknown>)].entries();
  if (value instanceof Map) {
    return [...(value as Map<unknown, unknown>)].flatMap(([key, item]): [string, unknown][] => [
      [`key ${String(key)}`, key],
      [String(key), item],
    ]);
  }
  return Object.entries(value);
}

function spell(path: Path): string {
  if (!path.up) return String(path.key);
  return spell(path.up) + (typeof path.key === 'number' ? `[${path.key}]` : `.${path.key}`);
}
