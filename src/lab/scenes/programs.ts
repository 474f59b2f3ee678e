/** The scenes that have a program of their own, by name. */
import type { SceneName } from '../scene.ts';
import { edgeTrigger } from './edge-trigger.ts';
import { epollOnFiles } from './epoll-on-files.ts';
import { fullPipe } from './full-pipe.ts';
import { pageCache } from './page-cache.ts';
import type { SceneProgram } from './scene-program.ts';
import { selectOrPoll } from './select-or-poll.ts';
import { synchronousOrAsynchronous } from './synchronous-or-asynchronous.ts';
import { threadsOrEvents } from './threads-or-events.ts';
import { whoAccepts } from './who-accepts.ts';

export const PROGRAMS: Readonly<Partial<Record<SceneName, SceneProgram>>> = {
  'edge-trigger': edgeTrigger,
  'epoll-on-files': epollOnFiles,
  'full-pipe': fullPipe,
  'select-or-poll': selectOrPoll,
  'who-accepts': whoAccepts,
  'threads-or-events': threadsOrEvents,
  'synchronous-or-asynchronous': synchronousOrAsynchronous,
  'page-cache': pageCache,
};
