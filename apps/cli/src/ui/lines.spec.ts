import { describe, expect, it } from 'vitest';

import { cut, fit, fitLines, line, scrolledTo, span, spread, textOf } from './lines.js';

describe('a text on a number of places', () => {
  it.each([
    ['order', 8, 'order   '],
    ['order-12345', 8, 'order-1…'],
    ['注文番号', 8, '注文番号'],
    ['注文番号', 7, '注文番…'],
    ['注文番号', 6, '注文… '],
    ['a\nb', 6, 'a\\nb  '],
    ['order', 0, ''],
  ])('%j on %d is %j', (text, width, fitted) => {
    expect(fit(text, width)).toBe(fitted);
  });

  it('is not parted within a character of several code points', () => {
    expect(cut('👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧', 5)).toBe('👨‍👩‍👧👨‍👩‍👧…');
  });
});

describe('lines', () => {
  it('hold a left and a right part, of which the right one gives way', () => {
    expect(textOf(spread([span('left')], [span('right')], 12))).toBe('left   right');
    expect(textOf(spread([span('left')], [span('right')], 9))).toBe('left');
  });

  it('are cut or filled to a height', () => {
    expect(fitLines([line('a'), line('b')], 3).map(textOf)).toEqual(['a', 'b', '']);
    expect(fitLines([line('a'), line('b')], 1).map(textOf)).toEqual(['a']);
    expect(fitLines([line('a')], -1)).toEqual([]);
  });

  it.each([
    [0, 5, 10, 100, 0],
    [4, 5, 10, 100, 4],
    [14, 5, 10, 100, 5],
    [15, 5, 10, 100, 6],
    [99, 0, 10, 100, 90],
    [2, 50, 10, 20, 2],
    [19, 50, 10, 20, 10],
  ])('are scrolled so that line %d is seen, from %d with %d of %d', (index, top, height, count, to) => {
    expect(scrolledTo(index, top, height, count)).toBe(to);
  });
});
