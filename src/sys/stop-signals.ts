/**
 * The signals that ask a program for its end.
 *
 * On Windows Node has three of them: SIGINT (Ctrl-C), SIGBREAK (Ctrl-Break) and SIGHUP, which is
 * the closing of the console: the system then ends the process some seconds after, whatever it
 * does. Nothing sends SIGTERM there; process.kill ends a process at once.
 */
import { HOST } from '../platform/host.ts';

export const STOP_SIGNALS: readonly NodeJS.Signals[] =
  HOST === 'win32' ? ['SIGINT', 'SIGBREAK', 'SIGHUP'] : ['SIGINT', 'SIGTERM'];
