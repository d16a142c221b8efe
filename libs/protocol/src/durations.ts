import ms from 'ms';
import { InvalidInputError } from './errors.js';

/** A length of time: a number of milliseconds, or a string of the `ms` package (`'500ms'`, `'30s'`, `'24h'`, `'7d'`). */
export type Duration = number | ms.StringValue;

/** The longest duration accepted, in milliseconds: 100 years. */
export const MAX_DURATION_MS: number = 100 * 365.25 * 24 * 60 * 60 * 1000;

/**
 * Converts a duration to whole milliseconds.
 *
 * @param what names the setting in the error message
 * @throws InvalidInputError when the text cannot be read, or the value is negative or beyond {@link MAX_DURATION_MS}
 */
export function toMilliseconds(duration: Duration, what = 'duration'): number {
  const value = typeof duration === 'number' ? duration : ms(duration);
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0 || value > MAX_DURATION_MS) {
    throw new InvalidInputError(
      `${what}: ${JSON.stringify(duration)} is no duration. Use milliseconds or text such as '500ms', '30s', '24h'.`,
    );
  }
  return Math.round(value);
}
