import { readFileSync } from 'node:fs';

import { assertName, assertNamespace, type Attributes, toMilliseconds } from '@ground-control/protocol';
import { InvalidArgumentError } from 'commander';

// Arguments are checked while they are parsed, so that a wrong one is wrong usage and not a failed request.

export function name(value: string): string {
  refuseIfInvalid(() => assertName(value, 'It'));
  return value;
}

export function namespace(value: string): string {
  refuseIfInvalid(() => assertNamespace(value));
  return value;
}

/** A duration, in milliseconds. */
export function duration(value: string): number {
  const given = /^\d+$/.test(value) ? Number(value) : (value as '1s');
  return refuseIfInvalid(() => toMilliseconds(given, 'It'));
}

export function positiveInteger(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number above 0.');
}

export function port(value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) < 65_536) return Number(value);
  throw new InvalidArgumentError('It must be a number from 0 to 65535.');
}

export function date(value: string): Date {
  const parsed = new Date(value);
  if (!Number.isNaN(parsed.getTime())) return parsed;
  throw new InvalidArgumentError('It must be a time such as 2025-01-31T12:00:00Z.');
}

export function json(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch (error) {
    throw new InvalidArgumentError(`It is no JSON: ${(error as Error).message}`);
  }
}

/** The JSON in a file; `-` is the standard input. */
export function jsonFile(path: string): unknown {
  return json(readText(path));
}

/** Collects `name=value` pairs; a value that is a number or a boolean in JSON is one. */
export function attribute(pair: string, collected: Attributes = {}): Attributes {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError('It must be name=value.');
  return { ...collected, [key]: scalar(value) };
}

function scalar(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function readText(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function refuseIfInvalid<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
