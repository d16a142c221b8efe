import type { Address } from '@ground-control/protocol';

/** Whether two addresses are the same place. */
export function sameAddress(one: Address, other: Address): boolean {
  if (one.kind !== other.kind) return false;
  switch (one.kind) {
    case 'partition':
    case 'journal':
      return one.partition === (other as typeof one).partition;
    case 'peer':
      return one.peer === (other as typeof one).peer;
    case 'coordinators':
    case 'announcements':
      return true;
  }
}
