/** When a request that is not answered is sent again, under the same correlation number. Times in milliseconds. */
export interface ResendSchedule {
  /** The first wait; it doubles with each attempt. @defaultValue 1000 */
  firstMs: number;
  /** The longest wait of the first attempts, and the longest while nobody listens. @defaultValue 5000 */
  maxMs: number;
  /** How many attempts make a long wait of a request, for example of the result of a run. @defaultValue 5 */
  longWaitAfter: number;
  /** The wait from then on: a leader that comes back says so, this is only the safety net. @defaultValue 10000 */
  longWaitMs: number;
  /** The first wait after NATS said that nobody listens; it doubles up to `maxMs`. @defaultValue 100 */
  unservedFirstMs: number;
  /** The random part of each wait, from 0 to 1. @defaultValue 0.2 */
  jitter: number;
}

export const DEFAULT_RESEND_SCHEDULE: Readonly<ResendSchedule> = {
  firstMs: 1_000,
  maxMs: 5_000,
  longWaitAfter: 5,
  longWaitMs: 10_000,
  unservedFirstMs: 100,
  jitter: 0.2,
};

/**
 * The wait after an attempt that was not answered.
 *
 * @param attempts how many there were, counted from 1
 * @param random a number in [0, 1) for the jitter; 0.5 means none
 */
export function resendDelayMs(schedule: ResendSchedule, attempts: number, random: number): number {
  const delay =
    attempts > schedule.longWaitAfter
      ? schedule.longWaitMs
      : doubled(schedule.firstMs, attempts, schedule.maxMs);
  return jittered(delay, schedule.jitter, random);
}

/** As {@link resendDelayMs}, after NATS said for the `misses`th time that nobody listens. */
export function unservedDelayMs(schedule: ResendSchedule, misses: number, random: number): number {
  return jittered(doubled(schedule.unservedFirstMs, misses, schedule.maxMs), schedule.jitter, random);
}

function doubled(firstMs: number, times: number, maxMs: number): number {
  return Math.min(firstMs * 2 ** (times - 1), maxMs);
}

function jittered(delayMs: number, jitter: number, random: number): number {
  return delayMs * (1 + jitter * (2 * random - 1));
}
