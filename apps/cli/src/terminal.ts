import type { Writable } from 'node:stream';

import { GroundControlError } from '@ground-control/protocol';

import { toJson } from './json.js';

/** What a command says: readable text, or with `--json` one line of JSON for each thing. */
export class Terminal {
  json = false;

  constructor(
    private readonly out: Writable,
    private readonly err: Writable,
  ) {}

  /** Says a result. */
  show(value: unknown, text: string): void {
    this.out.write(`${this.json ? toJson(value) : text}\n`);
  }

  /** Says what is for people alone, beside the result. */
  note(text: string): void {
    if (!this.json) this.err.write(`${text}\n`);
  }

  /** Says what went wrong. */
  fail(error: unknown): void {
    this.err.write(this.json ? `${toJson({ error: errorFields(error) })}\n` : `gctl: ${messageOf(error)}\n`);
  }

  /** For what the parser of the command line writes itself. */
  writeOut(text: string): void {
    this.out.write(text);
  }

  writeErr(text: string): void {
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
