/** The most entries in one journal message. */
export const MAX_BATCH_ENTRIES = 2_000;

/** The most bytes of user values in one journal message, unless a single entry is larger. */
export const MAX_BATCH_BYTES: number = 1024 * 1024;

/** Appends that may be in flight at once for a partition: one is being synced while the next is on its way. */
export const APPENDS_IN_FLIGHT = 2;

/** The most history events in one reply. */
export const MAX_HISTORY_PAGE = 1_000;

/** The most runs in one page of a listing. */
export const MAX_LIST_PAGE = 1_000;

/** How long a worker may be silent before its steps go to another, in milliseconds. */
export const DEFAULT_LEASE_MS = 15_000;

/** How long a coordinator may be silent before others lead its partitions, in milliseconds. */
export const DEFAULT_COORDINATOR_LEASE_MS = 3_000;

/** How many workers are asked a query, one after the other, until one answers. */
export const MAX_QUERY_TRIES = 3;

/** How long a worker has for a query, as a share of a lease. */
export const QUERY_PATIENCE: number = 1 / 2;

/** Back-off between tries to take a partition over, in milliseconds. */
export const TAKEOVER_RETRY_MS = { first: 100, most: 5_000 } as const;
