import {
  type Context,
  type Directive,
  OnEvent,
  OnQuery,
  type QueryContext,
  Start,
  Step,
  Workflow,
} from '@ground-control/nestjs';

import { AgentInput } from './agent-input.js';
import { AgentTools } from './agent.tools.js';
import { type Message, NOBODY_ANSWERED, type ToolCall } from './model.js';
import { ModelTasks } from './model.tasks.js';

interface AgentState {
  input: AgentInput;
  conversation: Message[];
}

/** What a model that goes round in circles is stopped by, and what keeps the conversation below the limit of a value. */
const MAX_TURNS = 20;
const TIME_TO_ANSWER = '2d';

/**
 * A model that uses tools, and asks a human when it must.
 *
 * Each turn is a step: the model speaks, its tools run, and the conversation is saved with the end of the step. After
 * a crash the turn is replayed: neither is the model asked again, nor is a tool that was done.
 */
@Workflow('Agent')
export class AgentWorkflow {
  constructor(
    private readonly model: ModelTasks,
    private readonly tools: AgentTools,
  ) {}

  @Start()
  async start(ctx: Context<AgentState>, input: AgentInput): Promise<Directive<string>> {
    ctx.store.put('input', input);
    ctx.store.put('conversation', [{ role: 'user', text: input.request }]);
    return ctx.next.step(this.turn);
  }

  @Step()
  async turn(ctx: Context<AgentState>): Promise<Directive<string>> {
    const conversation = await ctx.store.get('conversation');
    if (turnsOf(conversation) >= MAX_TURNS) {
      return ctx.next.fail({ type: 'TooManyTurnsError', message: `No answer after ${MAX_TURNS} turns.` });
    }
    const turn = await this.model.think(conversation);
    await this.say(ctx, { role: 'assistant', turn });
    switch (turn.kind) {
      case 'answer':
        return ctx.next.complete(turn.text);
      case 'question':
        return this.ask(ctx);
      case 'tools':
        await this.say(ctx, ...(await Promise.all(turn.calls.map((call) => this.use(call)))));
        return ctx.next.step(this.turn);
    }
  }

  /** The human's answer to the model's question. */
  @OnEvent()
  async answered(ctx: Context<AgentState>, text: string): Promise<Directive<string>> {
    await this.say(ctx, { role: 'user', text });
    return ctx.next.step(this.turn);
  }

  @Step()
  async unanswered(ctx: Context<AgentState>): Promise<Directive<string>> {
    await this.say(ctx, { role: 'user', text: NOBODY_ANSWERED });
    return ctx.next.step(this.turn);
  }

  @OnQuery()
  async conversation(ctx: QueryContext<AgentState>): Promise<Message[]> {
    return ctx.store.get('conversation');
  }

  private async ask(ctx: Context<AgentState>): Promise<Directive<string>> {
    const { answerWithin = TIME_TO_ANSWER } = await ctx.store.get('input');
    return ctx.next.wait({ timeout: answerWithin, onTimeout: this.unanswered });
  }

  private async use(call: ToolCall): Promise<Message> {
    return { role: 'tool', callId: call.id, text: await this.tools.use(call) };
  }

  private async say(ctx: Context<AgentState>, ...messages: Message[]): Promise<void> {
    ctx.store.put('conversation', [...(await ctx.store.get('conversation')), ...messages]);
  }
}

function turnsOf(conversation: Message[]): number {
  return conversation.filter(({ role }) => role === 'assistant').length;
}
