import { randomBytes } from 'node:crypto';

import type { Driver, DriverSettings } from '../harness/driver.js';
import { PARTITIONS, startOf } from './messages.js';
import { type AwaitResult, FramePeer, partitionOf } from './protocol.js';

const RUN_ID_BYTES = 13;

/** Sends what the client would send for W2, and waits for the same replies. */
export async function connect({ servers = '' }: DriverSettings): Promise<Driver> {
  const peer = await FramePeer.connect({ servers });
  return {
    run: (_kind, id) => run(peer, id),
    close: () => peer.close(),
  };
}

async function run(peer: FramePeer, workflowId: string): Promise<void> {
  const runId = randomBytes(RUN_ID_BYTES).toString('hex'); // as long as a ULID
  const leader = { kind: 'partition', partition: partitionOf(workflowId, PARTITIONS) } as const;
  const awaitResult: AwaitResult = { kind: 'workflow.result', workflowId, runId };
  await peer.request(leader, startOf(workflowId, runId));
  const end = await peer.request(leader, awaitResult, { timeoutMs: Infinity });
  if (end.kind !== 'run.ended') throw new Error(`${workflowId} was answered with ${end.kind}.`);
}
