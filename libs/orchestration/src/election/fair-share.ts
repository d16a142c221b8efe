/**
 * Who leads which partition: every coordinator works it out for itself, and those that know the same come to the same.
 * The shares differ by one at most, and no more partitions move than must.
 *
 * @param partitions how many there are
 * @param members who may lead; without any, nobody leads
 * @param holderOf who leads a partition now; undefined, or one that is no member, when it is free
 */
export function fairShare(
  partitions: number,
  members: readonly string[],
  holderOf: (partition: number) => string | undefined,
): Map<string, number[]> {
  const shares = new Map(members.toSorted().map((member) => [member, [] as number[]]));
  const free: number[] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    (shares.get(holderOf(partition) ?? '') ?? free).push(partition);
  }
  // Those who have most keep most: the larger shares are theirs.
  const bySize = [...shares.values()].toSorted((one, other) => other.length - one.length);
  const quotas = bySize.map((_, rank) => quotaOf(partitions, bySize.length, rank));
  for (const [rank, share] of bySize.entries()) free.push(...share.splice(quotas[rank] ?? 0));
  free.sort((one, other) => one - other);
  for (const [rank, share] of bySize.entries()) {
    share.push(...free.splice(0, (quotas[rank] ?? 0) - share.length));
  }
  return shares;
}

function quotaOf(partitions: number, members: number, rank: number): number {
  return Math.floor(partitions / members) + (rank < partitions % members ? 1 : 0);
}
