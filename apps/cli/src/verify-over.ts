import { type Verification, verifyNamespace } from '@ground-control/journal';
import { connectionFromEnvironment } from '@ground-control/transport/peer';
import { connect } from '@nats-io/transport-node';

import type { GlobalOptions } from './session.js';
import type { Terminal } from './terminal.js';

/** Verifies a namespace over a connection of its own, and says how far it has come. */
export async function verifyOver(
  terminal: Terminal,
  { server, namespace, requestTimeout }: GlobalOptions,
): Promise<Verification> {
  terminal.busy(`connecting to ${server}`);
  const connection = await connect({
    ...connectionFromEnvironment(process.env),
    servers: server.split(','),
    timeout: requestTimeout,
    name: 'gctl',
  });
  try {
    terminal.busy(`verifying namespace ${namespace}`);
    return await verifyNamespace(connection, namespace, {
      requestTimeoutMs: requestTimeout,
      onProgress: (partition, { partitions, batches, checkpoints, histories }) =>
        terminal.busy(
          `partition ${partition + 1} of ${partitions}: ${batches} batches, ${checkpoints} checkpoints, ${histories} histories`,
        ),
    });
  } finally {
    await connection.close();
  }
}
