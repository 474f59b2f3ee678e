/**
 * The suites of sockets, readiness, completion and servers as a program of Windows, under Wine:
 * `npm run test:windows`. Words on the command line run only the suites that they name.
 */
import { realMachine, type Suite } from './foreign/machine.ts';
import { runNamed } from './foreign/run-suites.ts';
import { wineMachine } from './foreign/wine.ts';

const isReal = process.platform === 'win32';

/** Clients of this machine's own, which are no program of Windows. */
const OUTSIDE: readonly Suite[] = [
  {
    name: 'numbers and layouts',
    files: ['sys/windows/abi', 'sys/windows/completion-abi'],
    decisive: ['abi: OVERLAPPED', 'abi: the compiler'],
    onHost: true,
  },
  {
    name: 'clients outside',
    files: ['servers/foreign-', 'cli/foreign-', 'docs/foreign-', 'examples/foreign-'],
    decisive: ['iocp: 10 of 10', 'polyio on another system', 'docs: ', 'examples: completion-port'],
    onHost: true,
  },
];

const MODELS = [
  'iocp',
  'poll',
  'select',
  'blocking',
  'blocking-threads',
  'non-blocking',
  'node-net',
];

const SUITES: readonly Suite[] = [
  { name: 'sockets', files: ['sys/windows/socket'] },
  { name: 'threads', files: ['sys/interrupt', 'sys/exit-asleep'] },
  {
    name: 'readiness',
    files: ['readiness/select', 'readiness/poll', 'readiness/waker'],
    decisive: ['select: it ', 'poll: it '],
  },
  {
    name: 'completion',
    files: ['sys/windows/completion-port', 'completion/iocp'],
    decisive: ['completion port: closed under', 'iocp: it is the default', 'iocp: 4,096 receives'],
  },
  {
    name: 'servers',
    files: MODELS.map((model) => `servers/${model}.`),
    decisive: MODELS.map((model) => `${model}: echoes`),
    env: isReal ? {} : { POLYIO_TEST_SERVER_GROUPS: 'echo iocp: blocking-threads:echo,stopping' },
    limitMs: 480_000,
  },
];

await runNamed(
  'test:windows',
  isReal ? realMachine : wineMachine,
  isReal ? SUITES : [...OUTSIDE, ...SUITES],
);
