/**
 * Which of two ways this system goes, where Linux has a call of its own that spares a step.
 *
 * `POLYIO_WITHOUT` takes such calls away, by the names below and for tests: Linux then goes the way
 * of the BSDs, with its own numbers and on its own kernel. It is read once.
 */
import { HOST } from '../../platform/host.ts';
import { ABSENT, MESSAGE, SOCKET } from './abi.ts';

const IS_LINUX = HOST === 'linux';

const ways = {
  /** accept4(2), without which O_NONBLOCK and close-on-exec are set afterwards. */
  accept4: HOST !== 'darwin',
  /** pipe2(2), without which close-on-exec is set afterwards. */
  pipe2: HOST !== 'darwin',
  /** SOCK_CLOEXEC and SOCK_NONBLOCK of socket(2) and socketpair(2). */
  sock_cloexec: SOCKET.SOCK_CLOEXEC !== ABSENT,
  /** MSG_NOSIGNAL, without which a socket is told once that it raises no SIGPIPE. */
  nosignal: SOCKET.MSG_NOSIGNAL !== ABSENT,
  /** MSG_CMSG_CLOEXEC, without which descriptors that came are closed on exec afterwards. */
  cmsg_cloexec: MESSAGE.MSG_CMSG_CLOEXEC !== ABSENT,
  /** MSG_TRUNC as a question: the whole length of a message that was cut. */
  trunc: IS_LINUX,
  /** Threads by their kernel number, in other processes too; without it by pthread_kill(3). */
  tgkill: IS_LINUX,
  /** memfd_create(2), without which shared memory is a file that nobody can name. */
  memfd: IS_LINUX,
  /** PR_SET_PDEATHSIG, without which a worker process hears of its starter's end by a socket. */
  pdeathsig: IS_LINUX,
};

/** A step that some systems spare us. */
export type Way = keyof typeof ways;

function without(): readonly string[] {
  const names = (process.env['POLYIO_WITHOUT'] ?? '').split(',').filter((name) => name !== '');
  const unknown = names.find((name) => !Object.hasOwn(ways, name));
  if (unknown === undefined) return names;
  throw new RangeError(`POLYIO_WITHOUT takes ${Object.keys(ways).join(', ')}, got ${unknown}`);
}

for (const name of without()) ways[name as Way] = false;

/** What this system has; see above for what it does in place of what it lacks. */
export const HAS: Readonly<Record<Way, boolean>> = ways;
