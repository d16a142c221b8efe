import { describe, expect, it } from 'vitest';

import { keysOf } from './key.js';
import { queryKey, queryOf, SORTED, WINDOW } from './runs-query.js';
import { currentRun, type UiState } from './state.js';
import { after, arrived, CLUSTER, history, NOW, press, runOf, runs, screen, typed } from './ui.fixture.js';

function selected(state: UiState): string | undefined {
  return currentRun(state)?.workflowId;
}

describe('the list of runs', () => {
  it('shows a window and moves within it', () => {
    const state = press(arrived(screen(), runs(0, WINDOW), 'next'), 'down', 'down', 'up');
    expect(selected(state)).toBe('order-1');
    expect(selected(press(state, 'pageDown'))).toBe('order-17');
    expect(selected(press(state, 'end'))).toBe(`order-${WINDOW - 1}`);
    expect(selected(press(state, 'up', 'up', 'up'))).toBe('order-0');
  });

  it('goes on with the next window at the end, and back at the beginning', () => {
    const first = arrived(screen(), runs(0, WINDOW), 'after 199');
    const between = press(first, 'end', 'down');
    expect(queryOf(between.runs)).toMatchObject({ cursor: 'after 199', limit: WINDOW });
    expect(between.runs.loading).toBe(true);
    const second = arrived(between, runs(WINDOW, WINDOW), 'after 399');
    expect(selected(second)).toBe(`order-${WINDOW}`);
    const back = press(second, 'up');
    expect(queryOf(back.runs).cursor).toBeUndefined();
    expect(selected(arrived(back, runs(0, WINDOW), 'after 199'))).toBe(`order-${WINDOW - 1}`);
    expect(queryOf(press(second, 'home').runs).cursor).toBeUndefined();
  });

  it('holds one window, however far it went', () => {
    let state = screen();
    for (let from = 0; from < 100_000; from += WINDOW) {
      state = press(arrived(state, runs(from, WINDOW), `after ${from}`), 'end', 'down');
      expect(state.runs.rows.length).toBeLessThanOrEqual(WINDOW);
    }
    expect(state.runs.cursors).toHaveLength(100_000 / WINDOW + 1);
  });

  it('drops what arrives for a window that is not shown any more', () => {
    const state = arrived(screen(), runs(0, 3));
    const asked = queryKey(state.runs);
    const narrowed = press(state, { text: '/' }, ...typed('x-'), 'enter');
    expect(after(narrowed, { kind: 'runs', asked, page: { runs: runs(5, 3) } }).runs.rows).toEqual(
      runs(0, 3),
    );
  });

  it('stays with the newest run while it follows, and with the chosen one otherwise', () => {
    const state = arrived(screen(), runs(1, 3));
    expect(selected(arrived(state, runs(0, 4)))).toBe('order-0');
    const chosen = press(state, 'down');
    expect(selected(arrived(chosen, runs(0, 4)))).toBe('order-2');
    const following = press(arrived(chosen, runs(0, 4)), { text: 'f' });
    expect(selected(following)).toBe('order-0');
  });

  it('takes the first run when the chosen one is gone', () => {
    const state = press(arrived(screen(), runs(0, 3)), 'down');
    expect(selected(arrived(state, runs(7, 2)))).toBe('order-7');
  });

  it('is narrowed down by prefix, type and status', () => {
    const types = [{ type: 'Letter', steps: [], events: [], updates: [], queries: [] }];
    const state = after(arrived(screen(), runs(0, 3)), { kind: 'types', types });
    const prefix = press(state, { text: '/' }, ...typed('ordex'), 'backspace', ...typed('r-1'), 'enter');
    expect(queryOf(prefix.runs)).toMatchObject({ idPrefix: 'order-1', cursor: undefined });
    const type = press(state, { text: 't' }, 'down', 'down', 'enter');
    expect(queryOf(type.runs).type).toBe('Letter');
    expect(queryOf(press(type, { text: 't' }, 'home', 'enter').runs).type).toBeUndefined();
    const active = press(state, { text: 's' }, 'down', 'enter');
    expect(queryOf(active.runs).status).toEqual(['scheduled', 'running', 'waiting']);
    const failed = press(state, { text: 's' }, 'end', 'up', 'up', 'up', 'enter');
    expect(queryOf(failed.runs).status).toEqual(['failed']);
    expect(queryOf(press(state, { text: 's' }, 'down', 'escape').runs).status).toBeUndefined();
  });

  it('is sorted in other ways among the newest', () => {
    const oldest = press(arrived(screen(), runs(0, 3)), { text: 'o' });
    expect(queryOf(oldest.runs)).toMatchObject({ limit: SORTED });
    const rows = arrived(oldest, runs(0, 3), 'more').runs;
    expect(rows.rows.map(({ workflowId }) => workflowId)).toEqual(['order-2', 'order-1', 'order-0']);
    expect(rows.next).toBeUndefined();
    const ids = arrived(press(oldest, { text: 'o' }), [runOf(3), runOf(1), runOf(2)]).runs.rows;
    expect(ids.map(({ workflowId }) => workflowId)).toEqual(['order-1', 'order-2', 'order-3']);
  });

  it('keeps the chosen run on the screen when that becomes smaller', () => {
    const state = press(arrived(screen(80, 40), runs(0, 100)), 'pageDown', 'up');
    const smaller = after(state, { kind: 'resized', size: { columns: 60, rows: 16 } });
    expect(selected(smaller)).toBe(selected(state));
    expect(smaller.runs.top).toBeGreaterThan(state.runs.top);
  });
});

describe('what is done to a run', () => {
  const state = arrived(screen(), [runOf(1), runOf(2, { closedAt: new Date(NOW), status: 'failed' })]);

  it.each([
    ['c', 'cancel'],
    ['x', 'terminate'],
  ])('by %s is asked about first', (key, kind) => {
    const asked = press(state, { text: key });
    expect(asked).toMatchObject({ dialog: { kind: 'end', verb: kind }, request: undefined });
    expect(press(asked, { text: 'n' })).toMatchObject({ dialog: undefined, request: undefined });
    expect(press(asked, 'enter').dialog).toBeDefined();
    const agreed = press(asked, { text: 'y' });
    expect(agreed).toMatchObject({ dialog: undefined, request: { id: 1, kind, run: { id: 'run-0001' } } });
    expect(press(agreed, { text: key }, { text: 'y' }).request?.id).toBe(2);
  });

  it('is refused when the run has ended', () => {
    const ended = press(state, 'down');
    for (const key of ['c', 'x', 'e']) {
      expect(press(ended, { text: key })).toMatchObject({ dialog: undefined, notice: { good: false } });
    }
  });

  it('sends the event that the run waits for, with a payload in JSON', () => {
    const asked = press(state, { text: 'e' });
    expect(asked.dialog).toMatchObject({ field: 'event', event: 'approved' });
    const faulty = press(asked, 'enter', ...typed('{"by"'), 'enter');
    expect(faulty).toMatchObject({
      request: undefined,
      dialog: { fault: expect.stringContaining('No JSON') },
    });
    const sent = press(faulty, ...typed(':"Ann"}'), 'enter');
    expect(sent.request).toMatchObject({ kind: 'send', event: 'approved', payload: { by: 'Ann' } });
    expect(press(asked, 'enter', 'enter').request).toMatchObject({ payload: undefined });
    expect(press(asked, 'escape')).toMatchObject({ dialog: undefined, request: undefined });
  });

  it('is told when it is done, and for a while only', () => {
    const done = after(state, { kind: 'done', id: 1, text: 'Terminated order-1.' });
    expect(done.notice).toMatchObject({ text: 'Terminated order-1.', good: true });
    expect(after(done, { kind: 'tick', now: NOW + 10_000 }).notice).toBeUndefined();
  });
});

describe('the page of a run', () => {
  const open = after(press(arrived(screen(), runs(0, 3)), 'down', 'enter'), {
    kind: 'events',
    runId: 'run-0001',
    events: history(),
  });

  it('opens the chosen run, and escape goes back to the list as it was', () => {
    expect(open.run?.run.workflowId).toBe('order-1');
    const back = press(open, 'escape');
    expect(back.run).toBeUndefined();
    expect(selected(back)).toBe('order-1');
  });

  it('takes what arrives for that run alone, and each event once', () => {
    expect(after(open, { kind: 'events', runId: 'run-0001', events: history() }).run?.events).toHaveLength(
      13,
    );
    expect(after(open, { kind: 'events', runId: 'run-0002', events: history() })).toBe(open);
    expect(after(open, { kind: 'run', run: runOf(2) })).toBe(open);
    expect(after(open, { kind: 'run', run: runOf(1, { status: 'running' }) }).run?.run.status).toBe(
      'running',
    );
  });

  it('stays with the last event until another one is chosen', () => {
    const shown = press(open, 'right', 'right');
    expect(shown.run).toMatchObject({ tab: 'history', selected: undefined });
    expect(press(shown, 'up', 'up').run?.selected).toBe(10);
    expect(press(shown, 'up', 'end').run?.selected).toBeUndefined();
    expect(press(shown, 'home').run?.selected).toBe(0);
  });

  it('scrolls no further than to its end', () => {
    const small = after(open, { kind: 'resized', size: { columns: 80, rows: 12 } });
    const end = press(small, ...Array.from({ length: 60 }, () => 'down' as const));
    expect(press(end, 'up').run?.top).toBe((end.run?.top ?? 0) - 1);
  });
});

describe('the connection', () => {
  it('is told to be gone since the first question without an answer, until the next answer', () => {
    const gone = after(screen(), { kind: 'unanswered', why: 'No coordinator answered.' });
    expect(gone.connection).toEqual({ up: false, since: NOW, why: 'No coordinator answered.' });
    const later = after(gone, { kind: 'tick', now: NOW + 9_000 }, { kind: 'unanswered', why: 'still' });
    expect(later.connection).toMatchObject({ since: NOW });
    const back = after(later, { kind: 'cluster', cluster: CLUSTER });
    expect(back).toMatchObject({ connection: { up: true }, notice: { text: 'Connected again.' } });
  });
});

describe('the keys', () => {
  it('turn pages, open and close the help, and quit', () => {
    expect(press(screen(), 'tab').page).toBe('workers');
    expect(press(screen(), 'left').page).toBe('cluster');
    expect(press(screen(), { text: '3' }, { text: '1' }).page).toBe('runs');
    expect(press(screen(), { text: '?' }).help).toBe(true);
    expect(press(screen(), { text: '?' }, { text: 'q' })).toMatchObject({ help: false, quit: false });
    expect(press(screen(), { text: 'q' }).quit).toBe(true);
    expect(press(screen(), { text: '/' }, { text: 'q' }, 'interrupt').quit).toBe(true);
  });

  it('do nothing where there is nothing', () => {
    const empty = arrived(screen(), []);
    for (const key of ['c', 'x', 'e']) expect(press(empty, { text: key }).dialog).toBeUndefined();
    expect(press(empty, 'up', 'down', 'pageDown', 'end', 'home', 'enter').run).toBeUndefined();
  });

  it.each([
    ['c', { ctrl: true }, ['interrupt']],
    ['z', { ctrl: true }, []],
    ['', { upArrow: true }, ['up']],
    ['', { delete: true }, ['backspace']],
    ['', { return: true }, ['enter']],
    ['ä👍\u007f\r', {}, [{ text: 'ä' }, { text: '👍' }, 'backspace', 'enter']],
    ['', {}, []],
  ])('are read from what Ink tells: %j %j', (text, key, read) => {
    expect(keysOf(text, key)).toEqual(read);
  });
});
