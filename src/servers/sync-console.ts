/**
 * A console that writes at once. In a worker thread Node hands console output to the main thread
 * by message, and a loop that never returns to Node sends none.
 */
import { Console } from 'node:console';
import { SyncStream } from '../sys/sync-stream.ts';

/** Replaces the global console of the calling thread. */
export function writeConsoleAtOnce(): void {
  globalThis.console = new Console({ stdout: new SyncStream(1), stderr: new SyncStream(2) });
}
