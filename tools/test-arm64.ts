/**
 * The suites of readiness, descriptors and servers as a program of 64-bit ARM: `npm run test:arm64`.
 * On another processor they run under qemu, where a server takes seconds to start: there every model
 * runs the part of the server suite that its own calls do. Words on the command line run
 * only the suites that they name.
 */
import { arm64Machine } from './foreign/arm64.ts';
import { realMachine, type Suite } from './foreign/machine.ts';
import { runNamed } from './foreign/run-suites.ts';

const SUITES: readonly Suite[] = [
  { name: 'sys', files: ['sys/', 'platform/', 'errors/'] },
  { name: 'readiness', files: ['readiness/'] },
  { name: 'descriptors', files: ['io/'] },
  { name: 'servers', files: ['servers/'] },
];

const NO_RING = 'io_uring_setup answers ENOSYS here; sys/linux/io-uring/probe tests what is said';
const NO_TERMINAL = 'the emulator knows no TCGETS2';
const NO_OPTIONS =
  'the emulator passes on a part of the options, and of those only a part of the bytes';
const OF_BSD = 'npm run test:bsd runs it; it is the same on every processor';
/** An emulated process on a busy machine: a limit of time is for what hangs. */
const LIMIT_MS = 300_000;

/** Those whose waits the emulator knows. */
const MODELS = [
  ...['blocking', 'blocking-processes', 'blocking-threads', 'non-blocking', 'select', 'poll'],
  ...['epoll', 'epoll-edge', 'signal-driven', 'node-net', 'models'],
];

/** What qemu lacks, and what it need not show: programs start slowly there. */
const EMULATED: Readonly<Record<string, Partial<Suite>>> = {
  sys: {
    isShared: true,
    files: ['sys/'],
    except: {
      'sys/linux/io-uring/ring': NO_RING,
      'sys/foreign-abi': OF_BSD,
      'sys/kevent-abi': OF_BSD,
      'sys/ways': OF_BSD,
      'sys/other-systems': OF_BSD,
      'sys/windows/': 'npm run test:windows runs it; it is the same on every processor',
    },
  },
  readiness: {
    isShared: true,
    decisive: ['epoll: it ', 'poll: it ', 'select: it '],
    except: { 'readiness/kqueue': OF_BSD },
  },
  descriptors: {
    isShared: true,
    except: {
      'io/pty': NO_TERMINAL,
      'io/terminal': NO_TERMINAL,
      'io/socket-options': NO_OPTIONS,
      'io/multicast': NO_OPTIONS,
      'io/tcp-info': NO_OPTIONS,
      'io/netlink': 'the emulator answers ENOTSUP to messages that it does not know',
    },
  },
  servers: {
    files: MODELS.map((model) => `servers/${model}.`),
    decisive: MODELS.filter((model) => model !== 'models').map((model) => `${model}: echoes`),
    except: { 'servers/io-uring': NO_RING, 'servers/kqueue': OF_BSD },
    env: { POLYIO_TEST_SERVER_GROUPS: 'echo' },
  },
};

const isReal = process.arch === 'arm64';

await runNamed(
  'test:arm64',
  isReal ? realMachine : arm64Machine,
  isReal
    ? SUITES
    : SUITES.map((suite) => ({ limitMs: LIMIT_MS, ...suite, ...EMULATED[suite.name] })),
);
