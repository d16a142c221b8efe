import type { RunState } from './state.js';

/** The version of the snapshot's format. Fields may be added to it that are absent in older ones. */
export const SNAPSHOT_VERSION = 1;

type Plain<Field> =
  Field extends Map<infer Key, infer Value>
    ? [Key, Value][]
    : Field extends Set<infer Member>
      ? Member[]
      : Field;

/** A run's state as plain data: what a checkpoint holds. */
export type RunSnapshot = { version: number } & { [Name in keyof RunState]: Plain<RunState[Name]> };

/** The state as plain data. It shares what the state holds: to be encoded before the state changes again. */
export function toSnapshot(state: RunState): RunSnapshot {
  return {
    ...state,
    version: SNAPSHOT_VERSION,
    store: [...state.store],
    received: [...state.received],
    answers: [...state.answers],
    children: [...state.children],
  };
}

/** @throws Error for a version that this release does not read */
export function fromSnapshot({ version, ...snapshot }: RunSnapshot): RunState {
  if (version !== SNAPSHOT_VERSION)
    throw new Error(`snapshot version ${String(version)}, this release reads ${SNAPSHOT_VERSION}`);
  return {
    ...snapshot,
    store: new Map(snapshot.store),
    received: new Set(snapshot.received),
    answers: new Map(snapshot.answers),
    children: new Map(snapshot.children),
  };
}
