import type { GroundControlClient, HistoryEvent, WorkflowHandle } from '@ground-control/nestjs';

/** Prints a line. */
export type Say = (line: string) => void;

const LONGEST_TEXT = 60;

/** Goes through an example once, and says what happens. */
export type Example = (client: GroundControlClient, say: Say) => Promise<void>;

/** Says what a run did, an event a line. */
export async function sayHistory(handle: WorkflowHandle, say: Say): Promise<void> {
  say(`History of ${handle.workflowId}:`);
  for (const event of await handle.history()) say(`  ${lineOf(event)}`);
}

function lineOf(event: HistoryEvent): string {
  const time = event.at.toISOString().slice(11, 23);
  return `${time}  ${event.kind.padEnd(20)} ${subjectOf(event)}`.trimEnd();
}

function subjectOf(event: HistoryEvent): string {
  const failure = 'error' in event && event.error ? ` ✗ ${event.error.type}: ${event.error.message}` : '';
  if ('task' in event) return `${event.task}${argumentsOf(event.args)}${failure}`;
  if (event.kind === 'event.received') return event.event;
  if (event.kind === 'child.started' || event.kind === 'child.completed') return event.workflowId + failure;
  return ('step' in event ? event.step : '') + failure;
}

function argumentsOf(args: unknown): string {
  const text = JSON.stringify(args).slice(1, -1);
  return text.length <= LONGEST_TEXT ? `(${text})` : `(${text.slice(0, LONGEST_TEXT - 1)}…)`;
}
