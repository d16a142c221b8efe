/** The stream of a partition's journal. */
export function journalStreamOf(namespace: string, partition: number): string {
  return `GC_${namespace}_JOURNAL_${partition}`;
}

/** The key-value bucket of a namespace. */
export function bucketOf(namespace: string): string {
  return `GC_${namespace}`;
}
