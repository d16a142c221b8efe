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

const PARTS = /^(\d+(\.\d+)?\s*[a-z]+[\s,]*)+$/i;
const PART = /\d+(?:\.\d+)?\s*[a-z]+/gi;

/** A duration, in milliseconds: `250`, `30s`, `1h30m`, `2 days`. */
export function duration(value: string): number {
  const text = value.trim();
  if (/^\d+$/.test(text)) return refuseIfInvalid(() => toMilliseconds(Number(text), 'It'));
  if (!PARTS.test(text))
    throw new InvalidArgumentError(`${JSON.stringify(value)} is no duration such as 30s or 1h30m.`);
  const parts = text.match(PART) ?? [];
  return refuseIfInvalid(() => parts.reduce((sum, part) => sum + toMilliseconds(part as '1s', 'It'), 0));
}

export function positiveInteger(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number above 0.');
}

export function port(value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) < 65_536) return Number(value);
  throw new InvalidArgumentError('It must be a number from 0 to 65535.');
}

/** A time: `2025-01-31T12:00:00Z`, `2025-01-31`, `now`, `today`, `yesterday`, `2h`, `2h ago`. */
export function date(value: string): Date {
  const text = value.trim().toLowerCase();
  const ago = text.replace(/\s*ago$/, '');
  if (PARTS.test(ago)) return new Date(Date.now() - duration(ago));
  const named = NAMED_TIMES[text]?.();
  const parsed = named ?? (/^\d{4}-/.test(text) ? new Date(value) : undefined);
  if (parsed && !Number.isNaN(parsed.getTime())) return parsed;
  throw new InvalidArgumentError('It must be a time such as 2025-01-31T12:00:00Z, yesterday or "2h ago".');
}

const NAMED_TIMES: Record<string, () => Date> = {
  now: () => new Date(),
  today: () => midnight(0),
  yesterday: () => midnight(-1),
};

function midnight(days: number): Date {
  const today = new Date();
  return new Date(today.getFullYear(), today.getMonth(), today.getDate() + days);
}

/** Collects `name=value` pairs; a value that is a number or a boolean in JSON is one. */
export function attribute(pair: string, collected: Attributes = {}): Attributes {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError('It must be name=value.');
  return { ...collected, [key]: scalar(value) };
}

/** A parser of an option that may be given several times, or once with commas, each time one of the choices. */
export function severalOf<T extends string>(choices: readonly T[]): (value: string, collected?: T[]) => T[] {
  return (value, collected = []) => {
    const chosen = value.split(',').map((text) => {
      const choice = choices.find((candidate) => candidate === text.trim());
      if (choice) return choice;
      throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
    });
    return [...collected, ...chosen];
  };
}

function scalar(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function refuseIfInvalid<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
