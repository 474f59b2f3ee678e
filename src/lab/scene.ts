/** The scenes of the lab by name: what each asks, and whether it is a run of servers or of its own. */

/** Runs of recorded servers under scripted clients. */
export const FREE = 'free';

/**
 * All scenes. `models` are those that a scene compares unless the visitor says otherwise; none for a
 * scene whose program is its own.
 */
export const SCENES = {
  [FREE]: { models: ['epoll'] },
  /** Asynchronous or non-blocking? Who waits, who copies. */
  'asynchronous-or-non-blocking': { models: ['non-blocking', 'epoll', 'io-uring'] },
  /** Is epoll synchronous, does it burn CPU? */
  'epoll-sleeps': { models: ['epoll', 'non-blocking'] },
  /** Why non-blocking with edge trigger? */
  'edge-trigger': { models: [] },
  /** select or poll? What a thousand idle descriptors cost. */
  'select-or-poll': { models: [] },
  /** What is EAGAIN? */
  'would-block': { models: ['non-blocking'] },
  /** epoll on regular files? */
  'epoll-on-files': { models: [] },
  /** When does a write to a pipe block? */
  'full-pipe': { models: [] },
  /** io_uring or epoll? */
  'io-uring-or-epoll': { models: ['epoll', 'io-uring'] },
  /** Who wakes at accept? */
  'who-accepts': { models: [] },
  /** Node is single-threaded, so how? */
  'threads-or-events': { models: [] },
  /** A slow addition: the result, or a receipt. */
  'synchronous-or-asynchronous': { models: [] },
  /** Regular files and the page cache. */
  'page-cache': { models: [] },
} as const satisfies Readonly<Record<string, { readonly models: readonly string[] }>>;

export type SceneName = keyof typeof SCENES;
