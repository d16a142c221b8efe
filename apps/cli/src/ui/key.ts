import type { Key as InkKey } from 'ink';

import type { Key } from './state.js';

const CONTROLS: Record<string, Key> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u001b': 'escape',
  '\u0003': 'interrupt',
};

/** The keys that Ink tells of: several at once when they come faster than it reads; none where they mean nothing. */
export function keysOf(text: string, key: Partial<InkKey>): Key[] {
  const named = nameOf(text, key);
  if (named) return [named];
  if (key.ctrl || key.meta) return [];
  return Array.from(text, (character) => CONTROLS[character] ?? { text: character });
}

function nameOf(text: string, key: Partial<InkKey>): Key | undefined {
  if (key.ctrl) return text === 'c' ? 'interrupt' : undefined;
  if (key.upArrow) return 'up';
  if (key.downArrow) return 'down';
  if (key.leftArrow) return 'left';
  if (key.rightArrow) return 'right';
  if (key.pageUp) return 'pageUp';
  if (key.pageDown) return 'pageDown';
  if (key.home) return 'home';
  if (key.end) return 'end';
  if (key.return) return 'enter';
  if (key.escape) return 'escape';
  if (key.tab) return 'tab';
  return key.backspace || key.delete ? 'backspace' : undefined;
}
