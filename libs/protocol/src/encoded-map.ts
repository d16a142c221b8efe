import { addExtension } from 'msgpackr';

/** The msgpack extension type of a Map: the array of its entries. msgpackr would write one as a plain object. */
const MAP_EXTENSION = 0x4d;

class EncodedMap {
  constructor(readonly entries: [unknown, unknown][]) {}
}

addExtension({
  Class: EncodedMap,
  type: MAP_EXTENSION,
  write: (map: EncodedMap) => map.entries,
  read: (entries: [unknown, unknown][]) => new Map(entries),
});

/** A copy of the value in which every Map is wrapped for its extension. The value must be free of circles. */
export function wrapMaps(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (value instanceof Map) {
    return new EncodedMap(
      [...(value as Map<unknown, unknown>)].map(([key, item]) => [wrapMaps(key), wrapMaps(item)]),
    );
  }
  if (value instanceof Set) return new Set([...(value as Set<unknown>)].map(wrapMaps));
  if (Array.isArray(value)) return value.map(wrapMaps);
  // oxlint-disable-next-line no-restricted-globals -- the class of a value, not the clock
  if (value instanceof Date || value instanceof Error || value instanceof RegExp) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, wrapMaps(item)]));
}
