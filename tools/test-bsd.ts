/**
 * The suites that stand for macOS and the BSDs: numbers and layouts against tables made from their
 * headers, kqueue(2) on its double, and the ways around what only Linux has: `npm run test:bsd`.
 * Words on the command line run only the suites that they name.
 */
import { bsdMachine } from './foreign/bsd.ts';
import { realMachine, type Suite } from './foreign/machine.ts';
import { runNamed } from './foreign/run-suites.ts';

/** The calls of Linux that another system lacks, all taken away: see src/sys/posix/ways.ts. */
const WITHOUT = 'accept4,pipe2,sock_cloexec,nosignal,cmsg_cloexec,trunc,tgkill,memfd,pdeathsig';

/** The forms that the double has. */
const FORMS = ['darwin', 'freebsd', 'netbsd'];

const SUITES: readonly Suite[] = [
  {
    name: 'header tables',
    files: ['sys/foreign-abi', 'sys/kevent-abi', 'sys/ways'],
    decisive: ['foreign abi: every number and layout of ', 'kevent abi: every number'],
  },
  {
    name: 'kqueue on its double, in the form of three systems',
    files: ['readiness', 'servers', 'node', 'examples', 'docs'].map((room) => `${room}/kqueue`),
    decisive: FORMS.flatMap((form) => [
      ...['readiness', 'kinds of descriptors', 'servers', "Node's own loop"].map(
        (suite) => `kqueue: ${suite}, on the double in the form of ${form}`,
      ),
      `examples: kqueue-events on the double in the form of ${form}`,
    ]),
    limitMs: 240_000,
  },
  {
    name: 'descriptors the way of the BSDs',
    files: ['connect', 'descriptor-passing', 'fifo', 'message', 'pipe', 'socket', 'waiting'].map(
      (file) => `io/${file}`,
    ),
    env: { POLYIO_WITHOUT: WITHOUT },
  },
  {
    name: 'readiness the way of the BSDs',
    files: ['readiness/poll', 'readiness/select', 'sys/interrupt', 'sys/exit-asleep'],
    env: { POLYIO_WITHOUT: WITHOUT },
  },
  {
    name: 'servers the way of the BSDs',
    files: ['servers/blocking', 'servers/poll'],
    env: { POLYIO_WITHOUT: WITHOUT, POLYIO_TEST_SERVER_GROUPS: 'echo,stopping' },
  },
];

const OF_LINUX =
  'names that are no files, packets of Unix sockets and full backlogs are as on Linux';

/**
 * What the systems themselves run: nothing is taken away there, and no table stands for them. Files
 * that are about Linux alone are not among them.
 */
const REAL: readonly Suite[] = [
  {
    name: 'threads and addresses',
    files: ['platform/', 'sys/open-descriptors', 'sys/address', 'sys/interrupt', 'sys/exit-asleep'],
  },
  {
    name: 'kqueue',
    files: ['readiness', 'servers', 'node', 'examples'].map((room) => `${room}/kqueue`),
    except: { 'readiness/kqueue-kinds': 'the kinds are those of Linux' },
    decisive: ['kqueue: echoes', 'kqueue (', 'examples: kqueue-events here'],
    limitMs: 240_000,
  },
  { name: 'readiness', files: ['poll', 'select', 'waker'].map((file) => `readiness/${file}.`) },
  {
    name: 'descriptors',
    files: ['connect', 'descriptor-passing', 'fifo', 'message', 'pipe', 'socket.', 'waiting'].map(
      (file) => `io/${file}`,
    ),
    except: {
      'io/connect': OF_LINUX,
      'io/descriptor-passing': OF_LINUX,
      'io/message': OF_LINUX,
    },
  },
  {
    name: 'servers',
    files: ['blocking', 'blocking-processes', 'blocking-threads', 'non-blocking', 'poll', 'select']
      .concat('node-net')
      .map((model) => `servers/${model}.`),
    limitMs: 240_000,
  },
];

const isReal = process.platform !== 'linux';

await runNamed('test:bsd', isReal ? realMachine : bsdMachine, isReal ? REAL : SUITES);
