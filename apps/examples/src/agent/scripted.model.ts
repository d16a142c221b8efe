import { Injectable } from '@nestjs/common';

import { type Message, type Model, NOBODY_ANSWERED, type Turn } from './model.js';

/** Stands in for a language model that plans a dinner: to the same conversation it always says the same. */
@Injectable()
export class ScriptedModel implements Model {
  async next(conversation: Message[]): Promise<Turn> {
    const turns = conversation.filter(({ role }) => role === 'assistant').length;
    const last = textOf(conversation.at(-1));
    if (turns === 0) return lookUp();
    if (turns === 1) return { kind: 'question', text: `${last} Which evening do you want?` };
    if (last === NOBODY_ANSWERED)
      return { kind: 'answer', text: 'I booked nothing, for nobody told me when.' };
    if (turns === 2) return book(last);
    return { kind: 'answer', text: last };
  }
}

function lookUp(): Turn {
  return {
    kind: 'tools',
    calls: [
      { id: 'weather', tool: 'weather', input: { city: 'Lisbon' } },
      { id: 'evenings', tool: 'freeEvenings', input: { restaurant: 'Mar' } },
    ],
  };
}

function book(evening: string): Turn {
  return {
    kind: 'tools',
    calls: [{ id: 'table', tool: 'bookTable', input: { restaurant: 'Mar', evening } }],
  };
}

function textOf(message: Message | undefined): string {
  return message && 'text' in message ? message.text : '';
}
