import type { TestingModule } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { AgentModule } from '../../../apps/examples/src/agent/agent.module.js';
import { AgentWorkflow } from '../../../apps/examples/src/agent/agent.workflow.js';
import { type Message, type Model, MODEL, type Turn } from '../../../apps/examples/src/agent/model.js';
import { Restaurants } from '../../../apps/examples/src/agent/restaurants.js';
import { Gates } from '../support/gates.fixture.js';
import { served } from '../support/served-app.fixture.js';
import { eventsOf, rejectionOf, SpecWorld } from '../support/spec-world.fixture.js';

const INPUT = { request: 'Find us a table at Mar in Lisbon.' };

const APP = served([], { imports: [AgentModule] });

let world: SpecWorld;
let app: TestingModule;
let model: Model;

beforeAll(async () => {
  world = await SpecWorld.start();
});

beforeEach(async () => {
  app = await world.serveHere(APP);
  model = app.get<Model>(MODEL);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await app.close();
});

afterAll(() => world?.stop());

describe('the example of an agent', () => {
  it('uses its tools, asks a human, and goes on with the answer', async () => {
    const run = await world.client.start(AgentWorkflow, { input: INPUT });
    await world.recorded(run.workflowId, 'wait.started');
    const conversation = await run.query<Message[]>('conversation');
    const question = 'Mar has tables on Friday and Saturday. Which evening do you want?';
    expect(conversation.at(-1)).toEqual({ role: 'assistant', turn: { kind: 'question', text: question } });
    await run.send('answered', 'Friday');
    await expect(run.result()).resolves.toBe('There is a table for you at Mar on Friday.');
    const tasks = eventsOf(await run.history(), 'task.completed').map(({ task }) => task);
    expect(tasks.toSorted()).toEqual([
      'bookTable',
      'freeEvenings',
      'think',
      'think',
      'think',
      'think',
      'weather',
    ]);
  });

  it('tells the model of a tool that failed', async () => {
    const run = await world.client.start(AgentWorkflow, { input: INPUT });
    await run.send('answered', 'Monday');
    await expect(run.result()).resolves.toBe('The tool bookTable failed: Mar has no table on Monday.');
  });

  it('tells the model of a tool that there is not', async () => {
    const calls = [{ id: 'x', tool: 'teleport', input: {} }];
    vi.spyOn(model, 'next').mockResolvedValueOnce({ kind: 'tools', calls });
    const run = await world.client.start(AgentWorkflow, { input: INPUT });
    await world.recorded(run.workflowId, 'wait.started');
    await expect(run.query('conversation')).resolves.toContainEqual({
      role: 'tool',
      callId: 'x',
      text: 'There is no tool teleport.',
    });
    await run.terminate();
  });

  it('asks a model again that cannot answer at once', async () => {
    vi.spyOn(model, 'next').mockRejectedValueOnce(new Error('overloaded'));
    const run = await world.client.start(AgentWorkflow, { input: INPUT });
    await run.send('answered', 'Saturday');
    await expect(run.result()).resolves.toBe('There is a table for you at Mar on Saturday.');
    expect(eventsOf(await run.history(), 'task.attempt_failed')).toHaveLength(1);
  });

  it('tells the model when nobody answers in time', async () => {
    const input = { ...INPUT, answerWithin: '100ms' as const };
    const answer = await world.client.run(AgentWorkflow, { input });
    expect(answer).toBe('I booked nothing, for nobody told me when.');
  });

  it('stops a model that never comes to an answer', async () => {
    const again: Turn = { kind: 'tools', calls: [] };
    vi.spyOn(model, 'next').mockResolvedValue(again);
    const error = await rejectionOf(world.client.run(AgentWorkflow, { input: INPUT }));
    expect(error.cause).toMatchObject({ type: 'TooManyTurnsError' });
    expect(model.next).toHaveBeenCalledTimes(20);
  });

  it('asks nothing twice when another worker takes over in the middle of a turn', async () => {
    const gates = new Gates();
    vi.spyOn(app.get(Restaurants), 'freeEvenings').mockImplementation(async () => {
      await gates.pass('tool');
      return [];
    });
    const asked = vi.spyOn(model, 'next');
    const run = await world.client.start(AgentWorkflow, { input: INPUT });
    await gates.reached('tool');
    const other = await world.serveHere(APP);
    const askedThere = vi.spyOn(other.get<Model>(MODEL), 'next');
    await app.close();
    await run.send('answered', 'Friday');
    await expect(run.result()).resolves.toBe('There is a table for you at Mar on Friday.');
    expect([asked.mock.calls.length, askedThere.mock.calls.length]).toEqual([1, 3]);
    gates.open('tool');
  });
});
