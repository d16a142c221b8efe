/** The most entries in one journal message. */
export const MAX_BATCH_ENTRIES = 2_000;

/** The most bytes of user values in one journal message, unless a single entry is larger. */
export const MAX_BATCH_BYTES: number = 1024 * 1024;

/** Appends that may be in flight at once for a partition: one is being synced while the next is on its way. */
export const APPENDS_IN_FLIGHT = 2;

/** The most history events in one reply. */
export const MAX_HISTORY_PAGE = 1_000;

/** The most bytes of history events in one reply, unless a single event is larger. */
export const MAX_HISTORY_PAGE_BYTES: number = 1024 * 1024;

/** How many histories are kept as far as they were read, for callers that page through them or follow them. */
export const OPEN_HISTORIES = 32;

/** How many events before the last page are kept of such a history, for callers that are behind. */
export const HISTORY_WINDOW = 2_000;

/** How many messages of rows are kept that were read last. */
export const MAX_READ_ROWS = 64;

/** How many committed entries bring a checkpoint about, before its time. */
export const CHECKPOINT_ENTRIES = 10_000;

/** How many bytes of committed entries do. */
export const CHECKPOINT_BYTES: number = 16 * 1024 * 1024;

/** About how many entries a checkpoint works on at a time. */
export const SLICE_ENTRIES = 2_000;

/** How many checkpoints of runs are written at a time. */
export const CHECKPOINT_CONCURRENCY = 32;

/** How many runs are archived at a time. */
export const ARCHIVE_CONCURRENCY = 256;

/** How many entries of runs that go on wait in memory, until they are written though their runs are young. */
export const MAX_PINNED_ENTRIES = 50_000;

/** How many bytes they may take, about. */
export const MAX_PINNED_BYTES: number = 32 * 1024 * 1024;

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

/** How long the timer of a run waits that could not be read, in milliseconds. */
export const LOAD_RETRY_MS = 1_000;

/** How many requests of a partition may wait at a time for runs that are not in memory. */
export const MAX_WAITING_REQUESTS = 100_000;
