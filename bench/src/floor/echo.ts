import { setting, workerIsReady } from '../harness/worker-process.js';
import { recordOf, reportOf } from './messages.js';
import { type Accepted, type Assignment, FramePeer, type RegisterWorker } from './protocol.js';

// Stands where the worker would, and answers each message with the next one.

const FOR_EVER = { timeoutMs: Infinity };

const peer = await FramePeer.connect({ servers: setting('GROUND_CONTROL_SERVERS') });

async function follow(first: Assignment): Promise<void> {
  const leader = { kind: 'partition', partition: first.partition } as const;
  for (let assignment: Assignment | undefined = first; assignment;) {
    await peer.request(leader, recordOf(assignment), FOR_EVER);
    const reply = (await peer.request(leader, reportOf(assignment), FOR_EVER)) as Accepted;
    assignment = reply.next;
  }
}

peer.onRequest((from, correlation, body) => {
  peer.reply(from, correlation, { kind: 'assignment.accepted' });
  void follow(body as Assignment);
});

const registration: RegisterWorker = {
  kind: 'worker.register',
  workerId: peer.id,
  identity: 'echo',
  capacity: 1,
  definitions: [],
  held: [],
};
await peer.request({ kind: 'coordinators' }, registration);
workerIsReady(() => peer.close());
