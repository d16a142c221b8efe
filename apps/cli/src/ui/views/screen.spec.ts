import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';

import { textOf } from '../lines.js';
import type { Key, UiState } from '../state.js';
import { after, arrived, CLUSTER, history, NOW, press, runOf, runs, screen, textsOf } from '../ui.fixture.js';
import { screenLines } from './screen.js';
import { storeOf } from './store-of.js';
import { timelineItems, timelineLines } from './timeline.js';

const worker = {
  id: 'w1',
  identity: 'host:9',
  capacity: 100,
  running: 50,
  types: ['ProcessOrder'],
  lastSeenAt: new Date(NOW),
};

function filled(columns: number, rows: number): UiState {
  const rowsOfRuns = [
    runOf(0, { workflowId: '注文-'.repeat(40), workflowType: 'T\u001b[2J' }),
    ...runs(1, 150),
  ];
  return after(
    arrived(screen(columns, rows), rowsOfRuns, 'more'),
    { kind: 'cluster', cluster: CLUSTER },
    { kind: 'workers', workers: [worker] },
  );
}

function opened(state: UiState, ...keys: Key[]): UiState {
  const run = press(state, 'down', 'enter');
  const ended = runOf(1, { status: 'completed', closedAt: new Date(NOW + 10_000), startedAt: new Date(NOW) });
  return press(
    after(run, { kind: 'run', run: ended }, { kind: 'events', runId: 'run-0001', events: history() }),
    ...keys,
  );
}

const PAGES: [string, (state: UiState) => UiState][] = [
  ['the list', (state) => state],
  ['the workers', (state) => press(state, { text: '2' })],
  ['the cluster', (state) => press(state, { text: '3' })],
  ['the help', (state) => press(state, { text: '?' })],
  ['a summary', (state) => opened(state)],
  ['a timeline', (state) => opened(state, 'right')],
  ['a history', (state) => opened(state, 'right', 'right', 'up')],
  ['a question', (state) => press(state, { text: 'x' })],
  ['an event', (state) => press(state, { text: 'e' }, 'enter')],
  ['a choice', (state) => press(state, { text: 's' })],
  ['a lost connection', (state) => after(state, { kind: 'unanswered', why: 'nobody '.repeat(40) })],
];

describe.each([
  [80, 24],
  [40, 12],
  [20, 5],
  [200, 60],
])('on a terminal of %d × %d', (columns, rows) => {
  it.each(PAGES)('%s fits, and holds nothing that a terminal obeys', (_page, open) => {
    const lines = screenLines(open(filled(columns, rows))).map(textOf);
    expect(lines.length).toBe(Math.max(12, rows) - 1);
    for (const text of lines) {
      // oxlint-disable-next-line no-control-regex -- that is the point
      expect(text).not.toMatch(/[\u0000-\u001f]/);
      expect(stringWidth(text)).toBeLessThanOrEqual(Math.max(columns, 80));
    }
  });
});

describe('at 80 × 24', () => {
  it.each(PAGES)('%s is no wider than the screen', (_page, open) => {
    for (const line of screenLines(open(filled(80, 24)))) {
      expect(stringWidth(textOf(line))).toBeLessThanOrEqual(80);
    }
  });

  it('the list tells what there is, and where one stands', () => {
    const texts = textsOf(press(filled(80, 24), 'down'));
    expect(texts[0]).toMatch(/◆ Ground Control {2}default · 127\.0\.0\.1:4222 +● connected$/);
    expect(texts[1]).toMatch(/1 Runs ◂ .* 12 running {2}85,012 waiting {2}0 scheduled$/);
    expect(texts[3]).toMatch(/type any {2}status any {2}sort newest +2 of 151\+$/);
    expect(texts[4]).toMatch(/WORKFLOW ID +TYPE +STATUS +STARTED +STEP$/);
    expect(texts[6]).toMatch(/^❯ order-1 +ProcessOrder +● waiting +1s ago +approved$/);
  });

  it('the cluster tells who leads what, and what nobody leads', () => {
    const text = textsOf(press(filled(80, 24), { text: '3' })).join('\n');
    expect(text).toMatch(/partitions +1 of 2 served/);
    expect(text).toMatch(/0 +host:7 +now +12 +85,012 +0/);
    expect(text).toMatch(/1 +nobody: nobody listens there/);
    expect(text).toMatch(/ProcessOrder +0 +85,012 +0/);
  });

  it('the workers show their load', () => {
    const text = textsOf(press(filled(80, 24), { text: '2' })).join('\n');
    expect(text).toMatch(/host:9 +████████░░░░░░░░ +50\/100 +now +ProcessOrder/);
  });

  it('a run shows its input, result and store', () => {
    const text = textsOf(opened(filled(80, 40))).join('\n');
    expect(text).toMatch(/order-1 {2}ProcessOrder {2}● completed +took 10s/);
    expect(text).toContain('"trackingId": "t-1"');
    expect(text).toMatch(/paymentId +"p"/);
  });

  it('a history shows the chosen event in full', () => {
    const text = textsOf(opened(filled(80, 24), 'right', 'right', 'home', 'down', 'down')).join('\n');
    expect(text).toMatch(/❯ +3 .* task\.started +start {2}charge/);
    expect(text).toContain('"task": "charge"');
  });

  it('a lost connection is told with how long it is gone', () => {
    const gone = after(filled(80, 24), { kind: 'unanswered', why: 'No coordinator answered.' });
    const texts = textsOf(after(gone, { kind: 'tick', now: NOW + 12_000 }));
    expect(texts[0]).toContain('● reconnecting for 12s');
    expect(texts.at(-2)).toContain('↻ No coordinator answered.');
  });
});

describe('a timeline', () => {
  const start = NOW;
  it('has each step, wait and task with when it began and ended', () => {
    expect(
      timelineItems(history()).map(({ label, depth, start: from, end, style }) => [
        label,
        depth,
        (from - start) / 1_000,
        ((end ?? NaN) - start) / 1_000,
        style,
      ]),
    ).toEqual([
      ['start', 0, 0, 2, 'good'],
      ['charge', 1, 0, 2, 'good'],
      ['wait approved', 0, 2, 6, 'idle'],
      ['ship', 0, 6, 7, 'bad'],
      ['ship #2', 0, 8, 10, 'good'],
    ]);
  });

  it('draws them as bars over the time of the run', () => {
    const run = runOf(1, { startedAt: new Date(NOW), closedAt: new Date(NOW + 10_000) });
    const lines = timelineLines(run, history(), { columns: 80 }, NOW + 10_000).map((line) =>
      textOf(line).trimEnd(),
    );
    const [axis, first, , wait, failed, last] = lines;
    expect(axis).toMatch(/0 +10s$/);
    const bar = (text = ''): [number, number] => [text.search(/[█░]/), text.trimEnd().length];
    const [from, to] = bar(first);
    expect(to - from).toBeCloseTo((80 - from) / 5, -0.5);
    expect(bar(wait)[0]).toBeGreaterThanOrEqual(to - 1);
    expect(bar(failed)[0]).toBeGreaterThanOrEqual(bar(wait)[1] - 1);
    expect(last).toMatch(/ship #2 +2s .*█$/);
  });

  it('goes on to now while something runs', () => {
    const run = runOf(1, { startedAt: new Date(NOW) });
    const lines = timelineLines(run, history().slice(0, 3), { columns: 80 }, NOW + 60_000);
    expect(lines.map(textOf).at(-1)).toMatch(/charge +1m {2}█+▸$/);
  });
});

describe('the store of a run', () => {
  it('is what its steps have left', () => {
    expect([...storeOf(history())]).toEqual([['paymentId', 'p']]);
    expect([...storeOf(history().slice(0, 6))]).toEqual([
      ['paymentId', 'p'],
      ['draft', true],
    ]);
  });
});
