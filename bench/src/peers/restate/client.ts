import { Pool } from 'undici';

import type { Driver, DriverSettings } from '../../harness/driver.js';
import { assertResult, payloadOf, type RunKind } from '../../workloads.js';
import { postJson, getJson } from '../http.js';

/** Calls the workflows through Restate's ingress, on connections that stay open. */
export function connect(settings: DriverSettings): Promise<Driver> {
  const pool = new Pool(settings['ingress'] ?? '', { connections: null, pipelining: 1 });
  return Promise.resolve({
    run: (kind, id) => run(pool, kind, id),
    close: () => pool.close(),
  });
}

async function run(pool: Pool, kind: RunKind, id: string): Promise<void> {
  switch (kind) {
    case 'W1':
    case 'W3':
    case 'W4':
      return assertResult(kind, id, await postJson(pool, `/${kind}/run`, payloadOf(id)));
    case 'W2':
      return assertResult(kind, id, await postJson(pool, `/${kind}/${id}/run`, payloadOf(id)));
    case 'W5':
      return assertResult(kind, id, await waitForEvent(pool, id));
    case 'loop':
    case 'start':
    case 'wait':
      throw new Error(`Restate does not run ${kind}.`);
  }
}

async function waitForEvent(pool: Pool, id: string): Promise<unknown> {
  await postJson(pool, `/W5/${id}/run/send`, payloadOf(id));
  await postJson(pool, `/W5/${id}/event`, payloadOf(id));
  return getJson(pool, `/restate/workflow/W5/${id}/attach`);
}
