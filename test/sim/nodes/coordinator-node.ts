import type {
  RegisterWorker,
  Reply,
  ShareRoom,
  WorkerHeartbeat,
  WorkerLeave,
} from '@ground-control/protocol';
import { type Body, FramePeer, refusalOf, type RequestListener } from '@ground-control/transport';
import { Coordinator } from '../production.js';
import { SimJournalStore } from '../store/sim-store.js';
import { SimNode } from './sim-node.js';

/** How long a worker, and a coordinator, may be silent, in milliseconds: the defaults. */
const LEASE_MS = 15_000;
const COORDINATOR_LEASE_MS = 3_000;

/** A coordinator's process: what Nest's module puts together in production is put together here. */
export class CoordinatorNode extends SimNode {
  protected override async run(): Promise<void> {
    const { connection, world, process } = this;
    const { kernel } = world;
    const peer = await FramePeer.over(connection.asNats, { namespace: world.namespace });
    const store = new SimJournalStore(world.storage, { kernel, connection, faults: world.storageFaults });
    const options = {
      partitions: world.partitions,
      replicas: 1,
      storage: 'file',
      workerLeaseMs: LEASE_MS,
      coordinatorId: undefined,
      coordinatorLeaseMs: COORDINATOR_LEASE_MS,
      checkpoints: world.checkpoints,
    } as const;
    const coordinator = new Coordinator(options, peer, store, world.loggerOf(process.name));
    const toLeader: RequestListener = (from, correlation, body, address) => {
      if (address.kind !== 'partition') return;
      const respond = (reply: Reply): void => peer.reply(from, correlation, reply);
      coordinator.handle(address.partition, body, { from, key: `${from}/${correlation}`, respond });
    };
    coordinator.onLeading = (partition) => {
      const subscription = peer.listen({ kind: 'partition', partition }, toLeader);
      return () => subscription.unsubscribe();
    };
    peer.onError((error) => world.loggerOf(process.name).warn(error.message));
    const toCoordinator: RequestListener = (from, correlation, body) => {
      // As Nest's pipeline does: what a handler throws is its answer.
      void answer(coordinator, body)
        .catch(refusalOf)
        .then((reply) => reply && peer.reply(from, correlation, reply));
    };
    peer.onRequest(toCoordinator);
    peer.listen({ kind: 'coordinators' }, toCoordinator);
    await peer.flush();
    await coordinator.start();
  }
}

/** @returns undefined for silence: another coordinator answers, or this one when it is asked again */
async function answer(coordinator: Coordinator, body: Body): Promise<Reply | undefined> {
  switch (body.kind) {
    case 'namespace.describe':
      return coordinator.describeNamespace();
    case 'types.list':
      return coordinator.listTypes();
    case 'workers.list':
      return coordinator.listWorkers();
    case 'worker.register':
      return coordinator.register(body as RegisterWorker);
    case 'worker.heartbeat':
      return coordinator.heartbeat(body as WorkerHeartbeat);
    case 'worker.share':
      return coordinator.shareRoom(body as ShareRoom);
    case 'worker.leave':
      return coordinator.leave((body as WorkerLeave).workerId);
    default:
      throw new Error(`no coordinator is asked ${body.kind}`);
  }
}
