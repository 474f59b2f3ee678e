/** What the exit code of every command means. */
export const EXIT = {
  fine: 0,
  failure: 1,
  wrongUsage: 2,
  drainTimedOut: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
