/**
 * Telling others that something is about to be closed.
 *
 * Closing a descriptor wakes nobody: a kernel that watches it forgets it without a word, and whoever
 * waits for it in an event loop would wait for ever. So the owner says it first, and they let go.
 */
const listeners = new WeakMap<object, Set<() => void>>();

/** Calls `listener` right before `owner` is closed or detached, until the returned function is called. */
export function watchClosing(owner: object, listener: () => void): () => void {
  const known = listeners.get(owner);
  const watching = known ?? new Set();
  if (known === undefined) listeners.set(owner, watching);
  watching.add(listener);
  return () => {
    watching.delete(listener);
    if (watching.size === 0) listeners.delete(owner);
  };
}

/** For the owner: its descriptor is still open, and will not be in a moment. */
export function announceClosing(owner: object): void {
  const watching = listeners.get(owner);
  if (watching === undefined) return;
  listeners.delete(owner);
  for (const listener of watching) listener();
}
