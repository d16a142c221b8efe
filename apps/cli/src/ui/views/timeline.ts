import type { HistoryEvent, RunInfo } from '@ground-control/protocol';

import { durationText } from '../../time-text.js';
import { fit, type Line, line, type Span, span, spread } from '../lines.js';
import type { Size } from '../state.js';

/** Something that took time. */
export interface TimelineItem {
  label: string;
  depth: 0 | 1;
  start: number;
  /** Undefined while it goes on. */
  end: number | undefined;
  style: NonNullable<Span['style']>;
}

const DURATION_WIDTH = 8;
const EIGHTHS = ['▏', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Steps, and under them what they did, as bars over the time of the run. */
export function timelineLines(
  run: RunInfo,
  events: readonly HistoryEvent[],
  { columns }: Pick<Size, 'columns'>,
  now: number,
): Line[] {
  const from = run.startedAt.getTime();
  const to = Math.max(from + 1, run.closedAt?.getTime() ?? now);
  const labelWidth = Math.max(16, Math.min(34, Math.floor(columns / 3)));
  const width = Math.max(8, columns - labelWidth - DURATION_WIDTH - 4);
  const axis = spread([span('0', 'faint')], [span(durationText(to - from), 'faint')], width);
  const head = line(span(fit('', labelWidth + DURATION_WIDTH + 3)), ...axis.spans);
  const rows = timelineItems(events).map((item) => {
    const end = item.end ?? to;
    const label = fit(`${item.depth === 0 ? '' : '  '}${item.label}`, labelWidth);
    const took = durationText(Math.max(0, end - item.start)).padStart(DURATION_WIDTH);
    return line(
      span(` ${label}`, item.depth === 0 ? 'strong' : undefined),
      span(`${took}  `, 'faint'),
      ...barSpans(item, (item.start - from) / (to - from), (end - from) / (to - from), width),
    );
  });
  return [head, ...rows];
}

function barSpans({ style, end, depth }: TimelineItem, from: number, to: number, width: number): Span[] {
  const start = Math.min(width - 1, Math.max(0, Math.floor(from * width)));
  const length = Math.max(0, to * width - start);
  const whole = Math.min(width - start, Math.floor(length));
  const rest = start + whole < width ? (EIGHTHS[Math.floor((length - whole) * 8)] ?? '') : '';
  const fill = style === 'idle' && depth === 0 ? '░' : '█';
  const tail = whole > 0 && (length - whole < 1 / 8 || fill === '░') ? '' : rest;
  return [
    span(' '.repeat(start)),
    span(fill.repeat(whole) + tail, style),
    ...(end === undefined ? [span('▸', style)] : []),
  ];
}

/** What a history tells of that took time, in the order in which it began. */
export function timelineItems(events: readonly HistoryEvent[]): TimelineItem[] {
  const reader = new TimelineReader();
  for (const event of events) reader.take(event);
  return reader.items;
}

class TimelineReader {
  readonly items: TimelineItem[] = [];
  private step: TimelineItem | undefined;
  private wait: TimelineItem | undefined;
  private readonly calls = new Map<number | string, TimelineItem>();

  take(event: HistoryEvent): void {
    const at = event.at.getTime();
    if (this.wait && event.kind !== 'wait.started' && endsWait(event)) this.endWait(at);
    switch (event.kind) {
      case 'step.started':
        this.calls.clear();
        this.step = this.add(
          event.attempt > 1 ? `${event.step} #${event.attempt}` : event.step,
          0,
          at,
          'busy',
        );
        return;
      case 'step.completed':
        return this.endStep(at, 'good');
      case 'step.failed':
      case 'step.timed_out':
        return this.endStep(at, 'bad');
      case 'step.retried':
        if (this.step?.end === undefined) this.endStep(at, 'ended');
        return;
      case 'wait.started':
        this.wait = this.add(`wait ${event.events?.join(', ') ?? 'for any event'}`, 0, at, 'idle');
        return;
      case 'task.started':
        return void this.calls.set(event.op, this.add(event.task, 1, at, 'busy'));
      case 'sleep.started':
        return void this.calls.set(event.op, this.add('sleep', 1, at, 'idle'));
      case 'child.started': {
        const child = this.add(`child ${event.workflowId}`, 1, at, 'busy');
        this.calls.set(event.runId, child);
        return;
      }
      case 'task.completed':
      case 'sleep.completed':
        return this.endCall(event.op, at, 'good');
      case 'task.failed':
        return this.endCall(event.op, at, 'bad');
      case 'task.cancelled':
        return this.endCall(event.op, at, 'ended');
      case 'child.completed':
        return this.endCall(event.runId, at, event.status === 'completed' ? 'good' : 'bad');
      case 'run.completed':
      case 'run.failed':
      case 'run.cancelled':
      case 'run.terminated':
      case 'run.timed_out':
        return this.endAll(at);
      case 'run.started':
      case 'run.cancel_requested':
      case 'wait.timed_out':
      case 'event.received':
      case 'update.received':
      case 'task.attempt_failed':
      case 'now.recorded':
      case 'random.recorded':
      case 'uuid.recorded':
      case 'parent.event_sent':
        return;
    }
  }

  private add(label: string, depth: 0 | 1, start: number, style: TimelineItem['style']): TimelineItem {
    const item: TimelineItem = { label, depth, start, end: undefined, style };
    this.items.push(item);
    return item;
  }

  private endStep(at: number, style: TimelineItem['style']): void {
    close(this.step, at, style);
    for (const [key, call] of this.calls) if (typeof key === 'number') close(call, at, 'ended');
  }

  private endCall(key: number | string, at: number, style: TimelineItem['style']): void {
    const call = this.calls.get(key) ?? this.items.findLast(({ label }) => label === `child ${String(key)}`);
    close(call, at, call?.style === 'idle' ? 'idle' : style);
  }

  private endWait(at: number): void {
    close(this.wait, at, 'idle');
    this.wait = undefined;
  }

  private endAll(at: number): void {
    for (const item of this.items) close(item, at, item.style === 'idle' ? 'idle' : 'ended');
  }
}

function close(item: TimelineItem | undefined, at: number, style: TimelineItem['style']): void {
  if (!item || item.end !== undefined) return;
  item.end = at;
  item.style = style;
}

function endsWait({ kind }: HistoryEvent): boolean {
  return kind.startsWith('step.') || kind.startsWith('run.') || kind === 'wait.timed_out';
}
