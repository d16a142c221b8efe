/** What the model wants done; its result goes back under the id. */
export interface ToolCall {
  id: string;
  tool: string;
  input: Record<string, string>;
}

/** What the model says when it is asked. */
export type Turn =
  | { kind: 'tools'; calls: ToolCall[] }
  /** Something that only a human knows. */
  | { kind: 'question'; text: string }
  | { kind: 'answer'; text: string };

export type Message =
  | { role: 'user'; text: string }
  | { role: 'assistant'; turn: Turn }
  | { role: 'tool'; callId: string; text: string };

/** A language model. It remembers nothing: all it knows is in the conversation. */
export interface Model {
  next(conversation: Message[]): Promise<Turn>;
}

/** What the model is told when a question of its own was not answered in time. */
export const NOBODY_ANSWERED = '(Nobody answered.)';

/** What provides the {@link Model}: an adapter of a vendor's API, or the stand-in. */
export const MODEL: unique symbol = Symbol('MODEL');
