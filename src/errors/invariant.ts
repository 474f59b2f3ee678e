/** Thrown when polyio's own logic is wrong: report it, there is nothing a caller could mend. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
  readonly code = 'ERR_POLYIO_INVARIANT';
}

/** Ends the program's assumption here, not three calls later. */
export function invariant(condition: boolean, what: string): asserts condition {
  if (!condition) throw new InvariantError(`broken invariant: ${what}`);
}
