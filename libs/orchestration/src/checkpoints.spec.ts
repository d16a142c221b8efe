import type {
  HistoryEventKind,
  HistoryPage,
  RecordsKind,
  RunCounts,
  RunDescription,
  RunList,
  StepOutcome,
} from '@ground-control/protocol';
import { describe, expect, it } from 'vitest';
import { COMPLETE, LeaderWorld, settle, SHIP } from './leader-world.fixture.js';

const HOUR = 3_600_000;

const WAIT: StepOutcome = {
  kind: 'directive',
  directive: { kind: 'wait', events: undefined, timeoutMs: 1_000 * HOUR, onTimeout: undefined },
  updates: [['orderId', new Uint8Array([7])]],
};

/** A leader whose storage the tests look into; nothing happens by itself but what they ask for. */
async function startWorld(storage?: LeaderWorld): Promise<LeaderWorld> {
  const policy = {
    intervalMs: HOUR,
    purgeDelayMs: 2.5 * HOUR,
    idleAfterMs: 60_000,
    retentionMs: 1_000 * HOUR,
  };
  const world = await LeaderWorld.start(storage?.store, policy, storage?.now);
  world.register('w1', [], 1_000);
  return world;
}

/** A leader that takes over from one that just stopped, without a word. */
async function restart(world: LeaderWorld): Promise<LeaderWorld> {
  await world.leader.stop();
  return startWorld(world);
}

async function runToEnd(world: LeaderWorld, runId: string): Promise<void> {
  world.now += 1;
  world.begin(runId, `workflow ${runId}`);
  await settle();
  world.report(`ship ${runId}`, world.assignment(), SHIP);
  await settle();
  const shipped = world.reply(`ship ${runId}`);
  const next = shipped?.kind === 'accepted' ? shipped.next : undefined;
  if (!next) throw new Error('no next step');
  world.report(`end ${runId}`, next, COMPLETE);
  await settle();
}

async function runToWait(world: LeaderWorld, runId: string): Promise<void> {
  world.now += 1;
  world.begin(runId, `workflow ${runId}`);
  await settle();
  world.report(`wait ${runId}`, world.assignment(), WAIT);
  await settle();
}

/** Waits for a condition, turn by turn: nothing here takes time. */
async function until<Value>(condition: () => Value | undefined | false): Promise<Value> {
  for (let tries = 0; tries < 500; tries++) {
    const value = condition();
    if (value) return value;
    await settle();
  }
  throw new Error('it did not come true');
}

let asked = 0;

async function ask<Reply>(
  world: LeaderWorld,
  request: { kind: string } & Record<string, unknown>,
): Promise<Reply> {
  const key = `ask ${asked++}`;
  world.ask(key, request);
  return until(() => world.reply(key) as Reply | undefined);
}

async function kinds(world: LeaderWorld, runId: string): Promise<HistoryEventKind[]> {
  const page = await ask<HistoryPage>(world, {
    kind: 'workflow.history',
    workflowId: `workflow ${runId}`,
    after: 0,
    limit: 1_000,
  });
  expect(page).toMatchObject({ kind: 'history.page' });
  expect(page.events.map(({ seq }) => seq)).toEqual(page.events.map((_, index) => index + 1));
  return page.events.map(({ kind }) => kind);
}

const statusOf = async (world: LeaderWorld, runId: string): Promise<string> =>
  (await ask<RunDescription>(world, { kind: 'workflow.describe', workflowId: `workflow ${runId}` })).run
    .status;

const ENDED: HistoryEventKind[] = [
  'run.started',
  'step.started',
  'step.completed',
  'step.started',
  'step.completed',
  'run.completed',
];
const WAITING: HistoryEventKind[] = ['run.started', 'step.started', 'step.completed', 'wait.started'];

/** Checkpoints, until what was young at the first is old, and the journal is purged of it. */
async function checkpointAndPurge(world: LeaderWorld): Promise<void> {
  for (let round = 0; round < 4; round++) {
    await world.leader.checkpoint();
    world.now += HOUR;
    // Something new, so that there is a marker to write.
    world.begin(`tick ${asked}`, `tick ${asked++}`);
    await settle();
  }
  await world.leader.checkpoint();
}

const journalLength = (world: LeaderWorld): number =>
  world.store.storage.recordsOf(0).filter((record) => record.length > 0).length;

/** What there is to lose: runs that ended, one that began long ago, one that has just begun, and one that went on. */
async function populate(world: LeaderWorld): Promise<void> {
  await runToEnd(world, 'ended');
  await runToWait(world, 'waits');
  await runToWait(world, 'goes on');
  await runToWait(world, 'ends late');
  await world.leader.checkpoint();
  world.now += HOUR;
  world.begin('tick', 'tick');
  await settle();
  await world.leader.checkpoint();
  await pay(world, 'goes on');
  await pay(world, 'ends late', COMPLETE);
  await runToWait(world, 'young');
  world.now += HOUR;
}

/** The event that a run waits for, and the step that it leads to. */
async function pay(world: LeaderWorld, runId: string, outcome: StepOutcome = WAIT): Promise<void> {
  const eventId = `paid ${runId}`;
  const sent = await ask(world, {
    kind: 'workflow.send',
    workflowId: `workflow ${runId}`,
    eventId,
    event: 'paid',
  });
  expect(sent).toEqual({ kind: 'accepted' });
  await settle();
  world.report(`paid ${runId}`, world.assignment(), outcome);
  await settle();
}

const PAID: HistoryEventKind[] = [...WAITING, 'event.received', 'step.started', 'step.completed'];

async function expectEverything(world: LeaderWorld): Promise<void> {
  expect(await kinds(world, 'ended')).toEqual(ENDED);
  expect(await kinds(world, 'waits')).toEqual(WAITING);
  expect(await kinds(world, 'goes on')).toEqual([...PAID, 'wait.started']);
  expect(await kinds(world, 'ends late')).toEqual([...PAID, 'run.completed']);
  expect(await kinds(world, 'young')).toEqual(WAITING);
  const { runs } = await ask<RunList>(world, { kind: 'workflow.list', limit: 100 });
  const listed = runs.map(({ id, status }) => `${id} ${status}`).filter((run) => !run.startsWith('tick'));
  expect(listed).toEqual([
    'young waiting',
    'ends late completed',
    'goes on waiting',
    'waits waiting',
    'ended completed',
  ]);
}

describe('a checkpoint', () => {
  it('lets the journal be purged; what ended, and what goes on, is told whole and in order after that', async () => {
    let world = await startWorld();
    await populate(world);
    await checkpointAndPurge(world);
    const { length } = world.store.storage.recordsOf(0);
    expect(journalLength(world)).toBeLessThan(length / 2);
    for (let life = 0; life < 3; life++) {
      await expectEverything(world);
      world = await restart(world);
      await checkpointAndPurge(world);
    }
  });

  it('is harmless when its leader dies at any step of it, before the step or right after', async () => {
    const whole = await startWorld();
    await populate(whole);
    const before = whole.storage.steps.length;
    await checkpointAndPurge(whole);
    const steps = whole.storage.steps.slice(before);
    expect(steps).toContain('purge');
    expect(steps).toContain('put state marker');
    for (let step = 0; step < steps.length; step++) {
      for (const when of ['before', 'after'] as const) {
        const dying = await startWorld();
        await populate(dying);
        dying.storage.stop(step, when);
        void checkpointAndPurge(dying);
        await until(() => dying.storage.stopped);
        await settle();
        let world = await startWorld(dying);
        await expectEverything(world);
        await checkpointAndPurge(world);
        await expectEverything(world);
        world = await restart(world);
        await expectEverything(world);
        await world.leader.stop();
      }
    }
  });

  it('of a leader that was paused, and wakes, changes nothing that its successor has', async () => {
    const probe = await startWorld();
    await populate(probe);
    const before = probe.storage.steps.length;
    await checkpointAndPurge(probe);
    const steps = probe.storage.steps.length - before;
    for (let step = 0; step < steps; step++) {
      const paused = await startWorld();
      await populate(paused);
      paused.storage.stop(step, 'before');
      void checkpointAndPurge(paused);
      await until(() => paused.storage.stopped);
      await settle();
      let world = await startWorld(paused);
      for (const runId of ['waits', 'young']) await pay(world, runId, COMPLETE);
      await checkpointAndPurge(world);
      paused.storage.resume();
      await settle();
      for (let life = 0; life < 2; life++) {
        expect(await kinds(world, 'waits')).toEqual([...PAID, 'run.completed']);
        expect(await kinds(world, 'young')).toEqual([...PAID, 'run.completed']);
        expect(await kinds(world, 'goes on')).toEqual([...PAID, 'wait.started']);
        expect(await statusOf(world, 'ends late')).toBe('completed');
        world = await restart(world);
      }
      await world.leader.stop();
    }
  });

  it.each([
    ['state'],
    ['history'],
    ['runs'],
    ['state', 'history'],
    ['history', 'runs'],
    ['state', 'history', 'runs'],
  ] as RecordsKind[][])('may be lost before the disk had it: the tail of %s %s %s', async (...lost) => {
    const world = await startWorld();
    await populate(world);
    await checkpointAndPurge(world);
    await runToEnd(world, 'later');
    await pay(world, 'waits', COMPLETE);
    const { records } = world.store.storage;
    const kept = lost.map((kind) => [kind, records[kind].snapshot()] as const);
    for (let round = 0; round < 2; round++) {
      world.now += HOUR;
      await world.leader.checkpoint();
      world.begin(`tick ${asked}`, `tick ${asked++}`);
      await settle();
    }
    for (const [kind, snapshot] of kept) records[kind].restore(snapshot);
    let next = await restart(world);
    for (let life = 0; life < 2; life++) {
      expect(await kinds(next, 'later')).toEqual(ENDED);
      expect(await kinds(next, 'waits')).toEqual([...PAID, 'run.completed']);
      expect(await statusOf(next, 'later')).toBe('completed');
      expect(await statusOf(next, 'waits')).toBe('completed');
      expect(await kinds(next, 'goes on')).toEqual([...PAID, 'wait.started']);
      await checkpointAndPurge(next);
      next = await restart(next);
    }
  });

  it('that was stored without its leader hearing of it does not bring a run back that has ended since', async () => {
    const world = await startWorld();
    await runToWait(world, 'waits');
    await world.leader.checkpoint();
    world.now += HOUR;
    world.storage.loseAcknowledgement('put state r-waits');
    world.begin('tick', 'tick');
    await settle();
    await world.leader.checkpoint();
    expect(world.storage.steps.at(-1)).toBe('put state r-waits');
    await pay(world, 'waits', COMPLETE);
    await checkpointAndPurge(world);
    const next = await restart(world);
    expect(await statusOf(next, 'waits')).toBe('completed');
    expect(await kinds(next, 'waits')).toEqual([...PAID, 'run.completed']);
    expect(next.assignments.map(({ assignment }) => assignment.runId)).not.toContain('waits');
  });

  it('frees the memory of what ended, and answers from the archive', async () => {
    const world = await startWorld();
    for (let index = 0; index < 50; index++) await runToEnd(world, `ended ${index}`);
    await checkpointAndPurge(world);
    expect(await statusOf(world, 'ended 7')).toBe('completed');
    expect(await ask(world, { kind: 'workflow.result', workflowId: 'workflow ended 7' })).toMatchObject({
      kind: 'run.ended',
      runId: 'ended 7',
      status: 'completed',
      result: new Uint8Array([9]),
    });
    const again = { kind: 'workflow.start', workflowId: 'workflow ended 7', workflowType: 'ProcessOrder' };
    // A retry of the start that was lost, and another start that the id's last run forbids.
    expect(await ask(world, { ...again, runId: 'ended 7' })).toMatchObject({ kind: 'run.started' });
    expect(await ask(world, { ...again, runId: 'other', reuse: 'reject' })).toMatchObject({
      kind: 'error',
      code: 'WORKFLOW_ALREADY_RUNNING',
    });
    const { counts } = await ask<RunCounts>(world, { kind: 'workflow.count' });
    expect(counts).toContainEqual({ workflowType: 'ProcessOrder', status: 'completed', count: 50 });
  });

  it('leaves an answer for the retry of what a run accepted before it ended', async () => {
    const world = await startWorld();
    await runToWait(world, 'waits');
    const run = { workflowId: 'workflow waits', runId: 'waits' };
    const send = { kind: 'workflow.send', ...run, eventId: 'an event', event: 'paid' };
    const terminate = { kind: 'workflow.terminate', ...run, requestId: 'a request' };
    for (const request of [send, terminate]) expect(await ask(world, request)).toEqual({ kind: 'accepted' });
    await checkpointAndPurge(world);
    for (const request of [send, terminate]) expect(await ask(world, request)).toEqual({ kind: 'accepted' });
    for (const late of [
      { ...send, eventId: 'another' },
      { ...terminate, requestId: 'another' },
    ]) {
      expect(await ask(world, late)).toMatchObject({ kind: 'error', code: 'RUN_FINISHED' });
    }
  });

  it('lets runs that wait go from memory; they come back for what happens to them', async () => {
    let world = await startWorld();
    await runToWait(world, 'waits');
    await runToWait(world, 'times out');
    await checkpointAndPurge(world);
    for (let life = 0; life < 2; life++) {
      expect(await statusOf(world, 'waits')).toBe('waiting');
      const { runs } = await ask<RunList>(world, { kind: 'workflow.list', status: ['waiting'], limit: 10 });
      expect(runs.map(({ id, waitingFor }) => [id, waitingFor?.kind])).toEqual([
        ['times out', 'event'],
        ['waits', 'event'],
      ]);
      world = await restart(world);
    }
    await pay(world, 'waits', COMPLETE);
    expect(await statusOf(world, 'waits')).toBe('completed');
  });
});
