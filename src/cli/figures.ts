/** Numbers as people read them. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** `12,345 messages`, `1 message`. */
export function count(value: number, noun: string): string {
  return `${whole.format(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `950`, `12.3k`, `1.2M`: short enough for a status line. */
export function compact(value: number): string {
  if (value >= 999_950) return `${short.format(value / 1e6)}M`;
  if (value >= 10_000) return `${short.format(value / 1e3)}k`;
  return whole.format(value);
}

/** `512 bytes`, `12.3 kB`, `1.2 MB`. */
export function bytes(value: number): string {
  if (value >= 1e9) return `${short.format(value / 1e9)} GB`;
  if (value >= 1e6) return `${short.format(value / 1e6)} MB`;
  return value >= 1e3 ? `${short.format(value / 1e3)} kB` : count(value, 'byte');
}

export function megabytes(value: number): string {
  return `${short.format(value / 1e6)} MB`;
}

/** `0.4 s`, `2 min 5 s`, `3 h 12 min`. */
export function duration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 60) return `${short.format(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${whole.format(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** `950 ns`, `12.3 us`, `1.2 ms`, `3.4 s`: a time in nanoseconds, short. */
export function nanoseconds(value: number): string {
  if (value < 999.5) return `${whole.format(value)} ns`;
  if (value < 999_950) return `${short.format(value / 1e3)} us`;
  if (value < 999_950_000) return `${short.format(value / 1e6)} ms`;
  return `${short.format(value / 1e9)} s`;
}

/** `12.3`: one place behind the point. */
export function decimal(value: number): string {
  return short.format(value);
}
