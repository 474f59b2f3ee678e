/**
 * The suites of sockets, readiness, completion and servers as a program of Windows, under Wine:
 * `npm run test:windows`. Words on the command line run only the suites that they name.
 */
import type { Suite } from './foreign/machine.ts';
import { runNamed } from './foreign/run-suites.ts';
import { wineMachine } from './foreign/wine.ts';

const SUITES: readonly Suite[] = [{ name: 'errors', files: ['errors/', 'platform/'] }];

await runNamed('test:windows', wineMachine, SUITES);
