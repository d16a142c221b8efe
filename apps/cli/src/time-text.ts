const UNITS: readonly [name: string, ms: number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
];

/** A length of time in its two largest units, as people write it: `3d 4h`, `5m 10s`, `12s`, `1.2s`, `80ms`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1).replace(/\.0$/, '')}s`;
  const first = UNITS.findIndex(([, size]) => ms >= size);
  const [largest, next] = [UNITS[first], UNITS[first + 1]];
  if (!largest) return '0s';
  const [name, size] = largest;
  const rest = next ? Math.floor((ms % size) / next[1]) : 0;
  return `${Math.floor(ms / size)}${name}${next && rest > 0 ? ` ${rest}${next[0]}` : ''}`;
}

/** How far a time is from now, in its largest unit: `5m ago`, `in 2h`, `now`. */
export function relativeText(time: Date, now: number): string {
  const distance = now - time.getTime();
  const unit = UNITS.find(([, size]) => Math.abs(distance) >= size);
  if (!unit) return 'now';
  const count = `${Math.floor(Math.abs(distance) / unit[1])}${unit[0]}`;
  return distance > 0 ? `${count} ago` : `in ${count}`;
}
