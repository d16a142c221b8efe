import type { RecordsKind } from '@ground-control/protocol';

/** The stream of a partition's journal. */
export function journalStreamOf(namespace: string, partition: number): string {
  return `GC_${namespace}_JOURNAL_${partition}`;
}

/** The stream of a namespace that holds checkpoints, histories or rows of the listing. */
export function recordsStreamOf(namespace: string, kind: RecordsKind): string {
  return `GC_${namespace}_${kind.toUpperCase()}`;
}

/** The key-value bucket of a namespace. */
export function bucketOf(namespace: string): string {
  return `GC_${namespace}`;
}

/** The stream behind the key-value bucket of a namespace. */
export function bucketStreamOf(namespace: string): string {
  return `KV_${bucketOf(namespace)}`;
}
