import type { GroundControlClient, ListOptions } from '@ground-control/client';
import type { RunInfo } from '@ground-control/protocol';

const PAGE = 1_000;

/** The runs that meet the conditions, page by page, newest first; one page is in memory at a time. */
export async function* runPages(
  client: GroundControlClient,
  filter: ListOptions,
  pageSize: number = PAGE,
): AsyncGenerator<RunInfo[]> {
  let cursor: string | undefined;
  do {
    // oxlint-disable-next-line no-await-in-loop -- each page tells where the next one begins
    const page = await client.list({ ...filter, limit: pageSize, cursor });
    if (page.runs.length > 0) yield page.runs;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
