import type { Attributes } from '@ground-control/protocol';

/** The most attributes of a run that an index knows. */
export const MAX_INDEXED_ATTRIBUTES = 255;

/** A number for each attribute of a run and its value: the same for the same, and rarely for another. */
export function attributeDigests(attributes: Attributes | undefined): number[] {
  if (!attributes) return [];
  const digests: number[] = [];
  for (const name in attributes) {
    if (digests.length === MAX_INDEXED_ATTRIBUTES) break;
    const value = attributes[name];
    digests.push(hashText(`${typeof value}:${String(value)}`, hashText(name, 0x81_1c_9d_c5)));
  }
  return digests;
}

/** FNV-1a over the characters, 32 bits. */
function hashText(text: string, seed: number): number {
  let hash = seed;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01_00_01_93);
  }
  return hash >>> 0;
}
