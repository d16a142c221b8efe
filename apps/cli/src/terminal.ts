import type { Writable } from 'node:stream';

import { GroundControlError } from '@ground-control/protocol';

import { toJson } from './json.js';
import { Progress } from './progress.js';
import { type Styles, stylesFor } from './styles.js';

/** What a shell makes of a process that ended by Ctrl-C. */
const INTERRUPTED_EXIT_CODE = 130;

/** What a command says: readable text, or with `--json` one line of JSON for each thing. */
export class Terminal {
  json = false;
  /** How the results are set off. */
  readonly styles: Styles;
  private readonly progress: Progress;
  private readonly errStyles: Styles;

  constructor(
    private readonly out: Writable,
    private readonly err: Writable,
  ) {
    this.styles = stylesFor(out);
    this.errStyles = stylesFor(err);
    this.progress = new Progress(err);
  }

  /** Says a result. */
  show(value: unknown, text: string): void {
    this.progress.hide();
    this.out.write(`${this.json ? toJson(value) : text}\n`);
  }

  /** Says what is for people alone, beside the result. */
  note(text: string): void {
    if (this.json) return;
    this.progress.hide();
    this.err.write(`${this.errStyles.faint(text)}\n`);
  }

  /** Says what goes on, if that takes long enough for someone to wonder; `undefined` when it is over. */
  busy(text: string | undefined): void {
    if (text === undefined) this.progress.end();
    else if (!this.json) this.progress.say(text);
  }

  /** Says what went wrong. */
  fail(error: unknown): void {
    this.progress.end();
    if (this.json) this.err.write(`${toJson({ error: errorFields(error) })}\n`);
    else this.err.write(`${this.errStyles.bad('gctl:')} ${messageOf(error)}\n`);
  }

  /** Leaves no half-drawn line behind at Ctrl-C; a command that ends in its own way says so by listening itself. */
  clearWhenInterrupted(): void {
    process.on('SIGINT', () => {
      this.progress.end();
      if (process.listenerCount('SIGINT') === 1) process.exit(INTERRUPTED_EXIT_CODE);
    });
  }

  /** Asks a question that is answered with yes or no; anything but yes is no. */
  async confirm(question: string): Promise<boolean> {
    this.progress.end();
    const { createInterface } = await import('node:readline/promises');
    const asking = createInterface({ input: process.stdin, output: this.err });
    // Ctrl-D and Ctrl-C close it without an answer.
    const closed = new Promise<string>((resolve) => asking.once('close', () => resolve('')));
    const answer = await Promise.race([asking.question(`${question} [y/N] `), closed]);
    asking.close();
    return /^y(es)?$/i.test(answer.trim());
  }

  /** For what the parser of the command line writes itself. */
  writeOut(text: string): void {
    this.out.write(text);
  }

  writeErr(text: string): void {
    this.progress.end();
    this.err.write(text);
  }
}

function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof GroundControlError)) return { message: messageOf(error) };
  const { code, message, details, cause } = error;
  return { code, message, ...(details !== undefined && { details }), ...(cause !== undefined && { cause }) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
