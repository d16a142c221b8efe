import { CoordinatorLink, GroundControlClient } from '@ground-control/client';
import { ValueCodec } from '@ground-control/protocol';
import { FramePeer } from '@ground-control/transport';
import { workflowTypeOf } from '@ground-control/workflow';
import { CallRecorder } from '../../checker/index.js';
import type { SimulatedWorld } from '../world.js';
import type { ClientLife } from '../workload/client-script.js';
import { SimNode } from './sim-node.js';

/** How long a client waits for an answer, in milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;

/** A client's process: it does its work, and writes down what it asked and was told. */
export class ClientNode extends SimNode {
  constructor(
    name: string,
    world: SimulatedWorld,
    private readonly work: (life: ClientLife) => Promise<void>,
  ) {
    super(name, world);
  }

  protected override async run(): Promise<void> {
    const { world, connection, process } = this;
    const peer = await FramePeer.over(connection.asNats, { namespace: world.namespace });
    const values = new ValueCodec();
    const link = new CoordinatorLink(peer, values, { requestTimeoutMs: REQUEST_TIMEOUT_MS });
    const client = new GroundControlClient(link, values, workflowTypeOf);
    const recorder = new CallRecorder(process.name, (line) => {
      if (process.mayAct()) world.log(line);
    });
    await this.work({ client, recorder });
  }
}
