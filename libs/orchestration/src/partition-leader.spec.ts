import { describe, expect, it } from 'vitest';
import { COMPLETE, LEASE_MS, LeaderWorld, settle, SHIP, taskCompleted } from './leader-world.fixture.js';

async function started(): Promise<LeaderWorld> {
  const world = await LeaderWorld.start();
  world.register('w1');
  world.begin('r1');
  await settle();
  return world;
}

describe('durability (invariant 1)', () => {
  it('tells nobody of a start, and assigns nothing, before the append is acknowledged', async () => {
    const world = await LeaderWorld.start();
    world.register('w1');
    const held = world.store.holdAppends(0);
    world.begin('r1');
    world.begin('r1', 'order-1', 'retry');
    await settle();
    expect(world.replies.size).toBe(0);
    expect(world.assignments).toEqual([]);
    held.release();
    await settle();
    expect(world.reply('start r1')).toMatchObject({ kind: 'run.started', existing: false });
    expect(world.reply('retry')).toMatchObject({ kind: 'run.started', existing: false });
    expect(world.assignments).toHaveLength(1);
  });

  it('acknowledges no record and no result before its append', async () => {
    const world = await started();
    const held = world.store.holdAppends(0);
    world.ask('result', { kind: 'workflow.result', workflowId: 'order-1' } as { kind: string });
    world.record('rec', world.assignment(), 0, [taskCompleted(0)]);
    world.report('res', world.assignment(), COMPLETE, 1);
    await settle();
    expect([...world.replies.keys()]).toEqual(['start r1']);
    held.release();
    await settle();
    expect(world.reply('rec')).toEqual({ kind: 'accepted' });
    expect(world.reply('res')).toMatchObject({ kind: 'accepted' });
    expect(world.reply('result')).toMatchObject({ kind: 'run.ended', status: 'completed' });
  });

  it('describes only what is durable', async () => {
    const world = await started();
    const held = world.store.holdAppends(0);
    world.report('res', world.assignment(), COMPLETE);
    world.ask('describe', { kind: 'workflow.describe', workflowId: 'order-1' } as { kind: string });
    await settle();
    expect(world.reply('describe')).toBeUndefined();
    held.release();
    await settle();
    expect(world.reply('describe')).toMatchObject({ run: { status: 'completed' } });
  });
});

describe('an append whose fate is unknown (invariant 2)', () => {
  it.each(['lose', 'lose-acknowledgement', 'reject'] as const)(
    '%s: nothing is told, and the retry is answered once',
    async (fault) => {
      const world = await LeaderWorld.start();
      world.register('w1');
      world.store.failNextAppends(0, fault);
      world.begin('r1');
      await settle();
      expect(world.reply('start r1')).toBeUndefined();
      await expect.poll(() => world.leader.serving).toBe(true);
      await expect
        .poll(async () => {
          world.begin('r1', 'order-1', 'retry');
          await settle();
          return world.reply('retry')?.kind;
        })
        .toBe('run.started');
      expect(new Set(world.assignments.map(({ assignment }) => assignment.attempt)).size).toBe(
        world.assignments.length,
      );
    },
  );
});

describe('assignment', () => {
  it('waits for a worker that has the step, and describes that', async () => {
    const world = await LeaderWorld.start();
    world.begin('r1');
    world.ask('describe', { kind: 'workflow.describe', workflowId: 'order-1' } as { kind: string });
    await settle();
    expect(world.reply('describe')).toMatchObject({ run: { waitingFor: { kind: 'worker', step: 'start' } } });
    world.register('w1');
    await settle();
    expect(world.assignment()).toMatchObject({ runId: 'r1', step: 'start', attempt: 1 });
  });

  it('never gives a worker more than its capacity', async () => {
    const world = await LeaderWorld.start();
    world.register('w1', [], 2);
    for (const id of ['r1', 'r2', 'r3']) world.begin(id, id);
    await settle();
    expect(world.assignments).toHaveLength(2);
    world.report('res', world.assignment(0), COMPLETE);
    await settle();
    expect(world.assignment()).toMatchObject({ runId: 'r3' });
  });

  it('answers a result before it gives the room to another run', async () => {
    const world = await LeaderWorld.start();
    world.register('w1', [], 1);
    for (const id of ['r1', 'r2']) world.begin(id, id);
    await settle();
    world.report('res', world.assignment(0), COMPLETE);
    world.onAssigned = () => expect(world.reply('res')).toMatchObject({ kind: 'accepted' });
    await settle();
    expect(world.assignment()).toMatchObject({ runId: 'r2' });
  });

  it('sends the next step with the reply to a result, without the context that the worker has', async () => {
    const world = await started();
    world.report('res', world.assignment(), SHIP);
    await settle();
    expect(world.reply('res')).toMatchObject({
      kind: 'accepted',
      next: { step: 'ship', stepSeq: 2, attempt: 1 },
    });
    expect(world.reply('res')).not.toHaveProperty('next.run.store');
    expect(world.assignments).toHaveLength(1);
  });

  it('sends it again when the result is sent again', async () => {
    const world = await started();
    const first = world.assignment();
    world.report('res', first, SHIP);
    world.report('again', first, SHIP);
    await settle();
    expect(world.reply('again')).toMatchObject({
      kind: 'accepted',
      next: { step: 'ship', stepSeq: 2, attempt: 1 },
    });
  });
});

describe('a worker that is lost (invariant 10)', () => {
  it('loses its steps to another, with what was recorded and the next attempt', async () => {
    const world = await started();
    world.record('rec', world.assignment(), 0, [taskCompleted(0)]);
    await settle();
    world.now += LEASE_MS + 1;
    world.register('w2');
    expect(world.workers.expire()).toEqual(['w1']);
    await settle();
    expect(world.assignments.at(-1)).toMatchObject({
      workerId: 'w2',
      assignment: { attempt: 2, operations: [{ op: 0 }], run: { workflowId: 'order-1' } },
    });
    world.report('late', world.assignment(0), COMPLETE, 1, 'w1');
    await settle();
    expect(world.reply('late')).toEqual({ kind: 'stale' });
  });

  it('keeps a step that it lists, and loses one that two lists lack', async () => {
    const world = await started();
    const key = world.assignment();
    world.workers.heartbeat('w1', [key]);
    world.workers.heartbeat('w1', []);
    await settle();
    expect(world.assignments).toHaveLength(1);
    world.workers.heartbeat('w1', []);
    await settle();
    expect(world.assignment()).toMatchObject({ attempt: 2 });
  });
});

describe('a step that no message can carry', () => {
  it('fails by name, and its worker goes on', async () => {
    const world = await LeaderWorld.start();
    world.fate = 'too large';
    world.register('w1');
    world.begin('r1');
    await settle();
    world.ask('result', { kind: 'workflow.result', workflowId: 'order-1' } as { kind: string });
    await settle();
    expect(world.reply('result')).toMatchObject({
      kind: 'run.ended',
      status: 'failed',
      error: { type: 'PayloadTooLargeError', code: 'PAYLOAD_TOO_LARGE' },
    });
    expect(world.assignments).toHaveLength(1);
    expect(world.workers.list()).toMatchObject([{ workerId: 'w1', running: 0 }]);
  });
});

describe('a worker that drains', () => {
  it('gets no step again that it gives back, nor any other', async () => {
    const world = await started();
    const key = world.assignment();
    world.workers.heartbeat('w1', [key], true);
    world.report('res', key, { kind: 'released', reason: 'the worker shuts down' });
    await settle();
    expect(world.assignments).toHaveLength(1);
    world.register('w2');
    await settle();
    expect(world.assignments.at(-1)).toMatchObject({ workerId: 'w2', assignment: { attempt: 2 } });
  });
});

describe('what a worker lists and has lost', () => {
  it('is told to it: another attempt, an ended run; but not what was accepted just now', async () => {
    const world = await started();
    const key = world.assignment();
    expect(world.leader.isLost(key)).toBe(false);
    world.report('res', key, SHIP);
    expect(world.leader.isLost(key)).toBe(false);
    world.ask('end', { kind: 'workflow.terminate', workflowId: 'order-1' } as { kind: string });
    await settle();
    expect(world.leader.isLost({ ...key, stepSeq: 2, attempt: 1 })).toBe(true);
    expect(world.leader.isLost({ ...key, runId: 'unknown' })).toBe(true);
  });
});

describe('history', () => {
  it('is paged and followed without reading what was read', async () => {
    const world = await started();
    const page = (key: string, after: number, limit: number, wait = false): void =>
      world.ask(key, { kind: 'workflow.history', workflowId: 'order-1', after, limit, wait } as {
        kind: string;
      });
    page('first', 0, 1);
    page('follow', 2, 100, true);
    await settle();
    expect(world.reply('first')).toMatchObject({ more: true, ended: false, events: [{ seq: 1 }] });
    expect(world.reply('follow')).toBeUndefined();
    world.report('res', world.assignment(), COMPLETE);
    await settle();
    expect(world.reply('follow')).toMatchObject({
      more: false,
      ended: true,
      events: [{ seq: 3 }, { seq: 4 }],
    });
  });
});

describe('recovery', () => {
  it('leaves a step with the worker that still holds it', async () => {
    const before = await started();
    const key = before.assignment();
    const after = await LeaderWorld.start(before.store);
    after.register('w1', [key]);
    after.report('res', key, COMPLETE);
    await settle();
    expect(after.assignments).toEqual([]);
    expect(after.reply('res')).toMatchObject({ kind: 'accepted' });
  });

  it('gives a step to another when its worker is back without it', async () => {
    const before = await started();
    const after = await LeaderWorld.start(before.store);
    after.register('w1');
    await settle();
    expect(after.assignment()).toMatchObject({ attempt: 2 });
  });

  it('gives a step to another when its worker does not come back within a lease', async () => {
    const before = await started();
    const after = await LeaderWorld.start(before.store);
    after.now += LEASE_MS + 1;
    after.register('w2');
    after.workers.expire();
    await settle();
    expect(after.assignments).toMatchObject([{ workerId: 'w2', assignment: { attempt: 2 } }]);
  });

  it('fences the leader before: it can commit nothing and tells nobody', async () => {
    const before = await started();
    const after = await LeaderWorld.start(before.store);
    before.report('res', before.assignment(), COMPLETE);
    await settle();
    expect(before.reply('res')).toBeUndefined();
    after.ask('describe', { kind: 'workflow.describe', workflowId: 'order-1' } as { kind: string });
    await settle();
    expect(after.reply('describe')).toMatchObject({ run: { status: 'running' } });
    await before.leader.stop();
  });

  it('tells the result and the whole history of a run that ended before', async () => {
    const before = await started();
    before.record('rec', before.assignment(), 0, [taskCompleted(0)]);
    before.report('res', before.assignment(), COMPLETE, 1);
    await settle();
    const after = await LeaderWorld.start(before.store);
    after.ask('result', { kind: 'workflow.result', workflowId: 'order-1' } as { kind: string });
    after.ask('history', { kind: 'workflow.history', workflowId: 'order-1', after: 0, limit: 100 } as {
      kind: string;
    });
    await settle();
    expect(after.reply('result')).toMatchObject({ status: 'completed', result: new Uint8Array([9]) });
    expect(after.reply('history')).toMatchObject({
      ended: true,
      events: [
        { seq: 1, kind: 'run.started' },
        { seq: 2, kind: 'step.started', workerId: 'w1' },
        { seq: 3, kind: 'task.completed' },
        { seq: 4, kind: 'step.completed' },
        { seq: 5, kind: 'run.completed' },
      ],
    });
  });
});

describe('bad input', () => {
  it('is refused with a named error, and everything else goes on', async () => {
    const world = await started();
    world.ask('kind', { kind: 'nonsense' });
    world.ask('shape', { kind: 'workflow.start', workflowId: 7 } as { kind: string });
    world.ask('type', { kind: 'workflow.start', workflowId: 'x', runId: 'x', workflowType: 'Nope' } as {
      kind: string;
    });
    world.ask('none', { kind: 'workflow.describe', workflowId: 'nope' } as { kind: string });
    world.begin('r2', 'order-1', 'second');
    world.record('garbage', world.assignment(), 0, [null as never]);
    world.report('outcome', world.assignment(), { kind: 'what' } as never);
    await settle();
    const codes = ['kind', 'shape', 'type', 'none', 'second', 'garbage', 'outcome'].map(
      (key) => (world.reply(key) as { code?: string }).code,
    );
    expect(codes).toEqual([
      'MALFORMED_MESSAGE',
      'MALFORMED_MESSAGE',
      'WORKFLOW_TYPE_NOT_REGISTERED',
      'WORKFLOW_NOT_FOUND',
      'WORKFLOW_ALREADY_RUNNING',
      'MALFORMED_MESSAGE',
      'MALFORMED_MESSAGE',
    ]);
    world.report('res', world.assignment(), COMPLETE);
    await settle();
    expect(world.reply('res')).toMatchObject({ kind: 'accepted' });
  });
});

describe('a journal that is not whole', () => {
  it('puts its partition into quarantine: every request is refused by name, and nothing is guessed', async () => {
    const before = await started();
    before.store.storage.recordsOf(0).splice(1, 1, new Uint8Array([1, 2, 3]));
    const after = await LeaderWorld.start(before.store);
    after.ask('describe', { kind: 'workflow.describe', workflowId: 'order-1' } as { kind: string });
    after.begin('r2', 'order-2');
    await settle();
    expect(after.reply('describe')).toMatchObject({ kind: 'error', code: 'JOURNAL_CORRUPT' });
    expect(after.reply('start r2')).toMatchObject({ kind: 'error', code: 'JOURNAL_CORRUPT' });
  });
});

describe('a recovery that fails', () => {
  async function failing(): Promise<LeaderWorld> {
    const world = await started();
    world.storage.recoveryError = new Error('the stream is away');
    world.store.failNextAppends(0, 'reject');
    world.begin('r2', 'order-2');
    await expect.poll(() => world.leader.trouble).toContain('failed 2 times');
    return world;
  }

  it('is logged each time, and told to who asks about the partition; other requests wait for it', async () => {
    const world = await failing();
    world.ask('partition', { kind: 'partition.describe' });
    world.ask('describe', { kind: 'workflow.describe', workflowId: 'order-1' } as { kind: string });
    expect(world.reply('partition')).toMatchObject({
      kind: 'error',
      code: 'COORDINATOR_UNAVAILABLE',
      message: expect.stringContaining('the stream is away'),
    });
    expect(world.reply('describe')).toBeUndefined();
    for (const message of ['recovery 1 failed, the next is in 200 ms', 'recovery 2 failed'])
      await expect.poll(() => world.logged).toContainEqual(expect.stringContaining(message));
    await world.leader.stop();
  });

  it('is not told by who may lead no more', async () => {
    const world = await failing();
    world.leads = false;
    world.ask('partition', { kind: 'partition.describe' });
    expect(world.reply('partition')).toBeUndefined();
    await world.leader.stop();
  });

  it('is forgotten once one succeeds', async () => {
    const world = await failing();
    world.storage.recoveryError = undefined;
    await expect.poll(() => world.leader.serving, { timeout: 5_000 }).toBe(true);
    expect(world.leader.trouble).toBeUndefined();
    world.ask('partition', { kind: 'partition.describe' });
    await settle();
    expect(world.reply('partition')).toMatchObject({ kind: 'partition' });
  });
});

describe('an entry that does not fit into an append', () => {
  it('is refused to its sender, changes nothing, and the term goes on', async () => {
    const world = await LeaderWorld.start();
    world.register('w1');
    const input = new Uint8Array(9 * 1024 * 1024);
    const request = {
      kind: 'workflow.start',
      runId: 'big',
      workflowId: 'big',
      workflowType: 'ProcessOrder',
      input,
    };
    world.ask('big', request);
    world.begin('r1');
    await settle();
    expect(world.reply('big')).toMatchObject({ kind: 'error', code: 'PAYLOAD_TOO_LARGE' });
    expect(world.reply('start r1')).toMatchObject({ kind: 'run.started' });
  });
});

describe('a leader whose lease is not certain', () => {
  it('answers a question once the journal has shown that nobody else leads', async () => {
    const world = await started();
    world.leads = false;
    const held = world.store.holdAppends(0);
    world.ask('describe', { kind: 'workflow.describe', workflowId: 'order-1' } as { kind: string });
    await settle();
    expect(world.reply('describe')).toBeUndefined();
    held.release();
    await settle();
    expect(world.reply('describe')).toMatchObject({ run: { status: 'running' } });
  });

  it.each([
    { kind: 'workflow.describe', workflowId: 'order-1' },
    { kind: 'workflow.describe', workflowId: 'unknown' },
    { kind: 'workflow.history', workflowId: 'order-1', after: 0, limit: 10 },
    { kind: 'workflow.query', workflowId: 'order-1', query: 'status' },
    { kind: 'workflow.list', limit: 10 },
    { kind: 'workflow.result', workflowId: 'order-1', runId: 'r0' },
    { kind: 'partition.describe' },
  ])('never answers $kind where another leads', async (question) => {
    const world = await started();
    const other = await LeaderWorld.start(world.store);
    world.leads = false;
    world.ask('question', question);
    await settle();
    expect(world.replies.has('question')).toBe(false);
    await other.leader.stop();
  });
});
