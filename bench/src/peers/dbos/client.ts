import { Pool } from 'undici';

import type { Driver, DriverSettings } from '../../harness/driver.js';
import { assertResult, payloadOf, type RunKind } from '../../workloads.js';
import { postJson } from '../http.js';

/** Calls the application that the workflows live in, on connections that stay open. */
export function connect(settings: DriverSettings): Promise<Driver> {
  const pool = new Pool(settings['url'] ?? '', { connections: null, pipelining: 1 });
  return Promise.resolve({
    run: (kind, id) => run(pool, kind, id),
    close: () => pool.close(),
  });
}

async function run(pool: Pool, kind: RunKind, id: string): Promise<void> {
  switch (kind) {
    case 'W1':
    case 'W2':
    case 'W3':
    case 'W4':
      return assertResult(kind, id, await postJson(pool, `/${kind}/${id}/run`, payloadOf(id)));
    case 'W5':
      return assertResult(kind, id, await waitForEvent(pool, id));
    case 'loop':
    case 'start':
    case 'wait':
      throw new Error(`DBOS does not run ${kind}.`);
  }
}

async function waitForEvent(pool: Pool, id: string): Promise<unknown> {
  await postJson(pool, `/W5/${id}/start`, payloadOf(id));
  await postJson(pool, `/W5/${id}/event`, payloadOf(id));
  return postJson(pool, `/W5/${id}/result`, {});
}
