import type { SharedEntry } from '@ground-control/journal';

/** What a coordinator says of itself in the table. */
export interface MemberValue {
  /** New each time that the coordinator joins: its leases are those of this session. */
  session: string;
  /** The id of its peer, where it is asked. */
  peer: string;
  /** Host and process id. */
  identity: string;
  startedAt: number;
  /** It shuts down, and leads nothing more. */
  drains?: boolean;
  /** Counts the renewals, for those who read the table. */
  beat: number;
}

/** What the table says of a partition. */
export interface LeaseValue {
  /** Who leads it; absent when it was given up. */
  coordinator?: string;
  session?: string;
  /** How many leases of the partition there were, this one included. */
  epoch: number;
}

export interface Member extends MemberValue {
  id: string;
  revision: number;
}

export interface Lease extends LeaseValue {
  revision: number;
}

/** The table, read at one time. */
export interface TableView {
  members: Member[];
  leases: Map<number, Lease>;
}

const KEY = /^(leader|coordinator)\.([A-Za-z0-9_-]+)$/;

export function memberKey(id: string): string {
  return `coordinator.${id}`;
}

export function leaseKey(partition: number): string {
  return `leader.${partition}`;
}

/** Reads the table; what is no entry of ours is passed over. */
export function viewOf(entries: readonly SharedEntry[]): TableView {
  const view: TableView = { members: [], leases: new Map() };
  for (const { key, value, revision } of entries) {
    const [, kind, name = ''] = KEY.exec(key) ?? [];
    if (kind === 'coordinator') view.members.push({ ...parse<MemberValue>(value), id: name, revision });
    if (kind === 'leader') view.leases.set(Number(name), { ...parse<LeaseValue>(value), revision });
  }
  return view;
}

/** The member that holds a lease; none when it was given up, or its session is over. */
export function holderOf(view: TableView, partition: number): Member | undefined {
  const lease = view.leases.get(partition);
  if (lease?.session === undefined) return undefined;
  return view.members.find(({ id, session }) => id === lease.coordinator && session === lease.session);
}

export function parse<Value>(text: string): Value {
  return JSON.parse(text) as Value;
}
