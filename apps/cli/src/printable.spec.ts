import { describe, expect, it } from 'vitest';

import { printable } from './printable.js';

describe('printable', () => {
  it('spells what a terminal would act upon', () => {
    expect(printable('a\u001b[2Jb\nc\u009b1m\u202e')).toBe('a\\u001b[2Jb\\nc\\u009b1m\\u202e');
  });

  it('leaves every other text as it is', () => {
    expect(printable('Bestellung 7 – größer, 注文 👍')).toBe('Bestellung 7 – größer, 注文 👍');
  });
});
