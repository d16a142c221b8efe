import { Task, TaskContext } from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';

import type { ToolCall } from './model.js';
import { Restaurants } from './restaurants.js';

const LOOK_UP = { retry: { maxAttempts: 3 }, timeout: '10s' } as const;

/** What the model may do. Each tool is a task: what it did is recorded, and not done again. */
@Injectable()
export class AgentTools {
  constructor(private readonly restaurants: Restaurants) {}

  /** Carries out what the model asks for. What it gets wrong it is told, as it is told of a tool that fails. */
  async use({ tool, input }: ToolCall): Promise<string> {
    const { city = '', restaurant = '', evening = '' } = input;
    try {
      if (tool === 'weather') return await this.weather(city);
      if (tool === 'freeEvenings') return await this.freeEvenings(restaurant);
      if (tool === 'bookTable') return await this.bookTable(restaurant, evening);
      return `There is no tool ${tool}.`;
    } catch (error) {
      return `The tool ${tool} failed: ${(error as Error).message}`;
    }
  }

  @Task(LOOK_UP)
  async weather(city: string): Promise<string> {
    return `It will be sunny in ${city}.`;
  }

  @Task(LOOK_UP)
  async freeEvenings(restaurant: string): Promise<string> {
    const evenings = await this.restaurants.freeEvenings(restaurant);
    return `${restaurant} has tables on ${evenings.join(' and ')}.`;
  }

  @Task({ timeout: '10s' })
  async bookTable(restaurant: string, evening: string): Promise<string> {
    await this.restaurants.book(restaurant, evening, TaskContext.current().idempotencyKey);
    return `There is a table for you at ${restaurant} on ${evening}.`;
  }
}
