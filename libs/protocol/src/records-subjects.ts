/** What is kept of a partition's runs besides its journal: checkpoints, histories, and rows of the listing. */
export type RecordsKind = 'state' | 'history' | 'runs';

/** Stands for every key of a partition in a subject to read. */
export const EVERY_KEY = '*';

const SUBJECT = /^gc\.[A-Za-z0-9_-]{1,64}\.(state|history|runs)\.(\d{1,5})\.([A-Za-z0-9_-]+)$/;

/** Where a record of a partition is kept: the typed form of a NATS subject of its streams. */
export interface RecordsAddress {
  kind: RecordsKind;
  partition: number;
  /** Letters, digits, `_` and `-`. */
  key: string;
}

/** The NATS subject of a record. */
export function recordsSubjectOf(namespace: string, { kind, partition, key }: RecordsAddress): string {
  return `gc.${namespace}.${kind}.${partition}.${key}`;
}

/** The address of a subject that {@link recordsSubjectOf} made, or undefined when it is none of ours. */
export function recordsAddressOf(subject: string): RecordsAddress | undefined {
  const [, kind, partition, key] = SUBJECT.exec(subject) ?? [];
  if (key === undefined) return undefined;
  return { kind: kind as RecordsKind, partition: Number(partition), key };
}
