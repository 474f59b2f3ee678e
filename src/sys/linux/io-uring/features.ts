/** What a ring uses when the kernel has it, by name, so that each older path can be had on purpose. */

/** One of the things that a ring does without where the kernel is older. */
export type RingFeature =
  /** Completions are worked out when the thread asks for them, never in between. Kernel 6.1. */
  | 'defer-taskrun'
  /** The ring goes by a number in a table of the thread's own, without a look-up. Kernel 5.18. */
  | 'registered-ring'
  /** Submissions lie in the ring in their order, without an array of indices. Kernel 6.6. */
  | 'no-sqarray'
  /** Several receives fill one buffer, each taking only its bytes. Kernel 6.12. */
  | 'incremental-buffers'
  /** Descriptors by their place in a table of the ring's own, without a look-up. Kernel 5.19. */
  | 'file-table';

export const RING_FEATURES: readonly RingFeature[] = [
  'defer-taskrun',
  'registered-ring',
  'no-sqarray',
  'incremental-buffers',
  'file-table',
];

const VARIABLE = 'POLYIO_IO_URING_WITHOUT';

/**
 * Features that the environment forbids: for test runs, and to work round a kernel's mistake.
 * Throws TypeError for a name that is none.
 */
export function forbiddenFeatures(): readonly RingFeature[] {
  const names = (process.env[VARIABLE] ?? '').split(',').filter((name) => name !== '');
  for (const name of names) {
    if (RING_FEATURES.includes(name as RingFeature)) continue;
    throw new TypeError(
      `${VARIABLE} is a list of ${RING_FEATURES.join(', ')}; '${name}' is none of them`,
    );
  }
  return names as readonly RingFeature[];
}
