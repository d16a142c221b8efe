import { CoordinatorLink, GroundControlClient } from '@ground-control/client';
import { connectionFromEnvironment, FramePeer } from '@ground-control/transport/peer';

import { LenientCodec } from './lenient-codec.js';

/** The options that every command has. */
export interface GlobalOptions {
  server: string;
  namespace: string;
  /** In milliseconds. */
  requestTimeout: number;
  json?: true;
  /** What goes wrong without a caller is not logged: the screen shows that nobody answers. */
  silent?: boolean;
}

/** A client, and how to let go of it. */
export interface Session {
  client: GroundControlClient;
  close(): Promise<void>;
}

/**
 * Connects, and makes sure that a coordinator answers: what a command waits for after that may take as long as it
 * takes.
 *
 * @throws CoordinatorUnavailableError when NATS or a coordinator cannot be reached within the request timeout
 */
export async function openSession(options: GlobalOptions): Promise<Session> {
  const { namespace, requestTimeout } = options;
  const servers = options.server.split(',');
  const timeouts = { connectTimeoutMs: requestTimeout, requestTimeoutMs: requestTimeout };
  const connection = connectionFromEnvironment(process.env);
  const peer = await FramePeer.connect({
    role: 'client',
    servers,
    namespace,
    connection,
    name: 'gctl',
    ...timeouts,
  });
  if (options.silent) peer.onError(() => {});
  const values = new LenientCodec();
  const where = `NATS at ${options.server}, namespace ${namespace}; \`gctl dev\` starts one`;
  const link = new CoordinatorLink(peer, values, { requestTimeoutMs: requestTimeout, where });
  try {
    await link.namespace();
  } catch (error) {
    await peer.close();
    throw error;
  }
  return { client: new GroundControlClient(link, values), close: () => peer.close() };
}
