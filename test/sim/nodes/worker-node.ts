import { CoordinatorLink, GroundControlClient } from '@ground-control/client';
import { ValueCodec } from '@ground-control/protocol';
import { FramePeer } from '@ground-control/transport';
import { ClientRunLinks, Worker } from '@ground-control/worker';
import { workflowTypeOf } from '@ground-control/workflow';
import { SimNode } from './sim-node.js';

/** A worker's process: the real worker, which runs the simulation's workflows. */
export class WorkerNode extends SimNode {
  private worker: Worker | undefined;

  /** Shuts down as an application that is told to. */
  drain(): void {
    const { worker, process } = this;
    if (!worker || !process.alive) return;
    this.world.kernel.as(process, () => void worker.stop().then(() => process.kill()));
  }

  protected override async run(): Promise<void> {
    const { world, connection, process } = this;
    const peer = await FramePeer.over(connection.asNats, { namespace: world.namespace });
    const values = new ValueCodec();
    const link = new CoordinatorLink(peer, values);
    const client = new GroundControlClient(link, values, workflowTypeOf);
    const options = { concurrency: 8, identity: process.name };
    peer.onError((error) => world.loggerOf(process.name).warn(error.message));
    this.worker = new Worker(world.workflows, {
      link: peer,
      values,
      runs: new ClientRunLinks(link, client),
      options,
    });
    this.worker.start();
  }
}
