/**
 * Numbers and layouts of the POSIX interfaces, as the C headers of this system have them: those of
 * one of the files in abi/, completed with `ABSENT` for what the system lacks.
 *
 * They are chosen once, when this module loads, and never change: to the compiler they are the
 * constants that they are.
 */
import { HOST, type Platform } from '../../platform/host.ts';
import { DARWIN } from './abi/darwin.ts';
import { FREEBSD } from './abi/freebsd.ts';
import * as linux from './abi/linux.ts';
import { OPENBSD } from './abi/openbsd.ts';
import { ABSENT, type Listed, type Tables } from './abi/shape.ts';

export type { Layout } from './abi/shape.ts';
export { ABSENT };

type Linux = typeof linux;

/**
 * The systems that the foreign library knows. Where it does not load nothing below is ever passed to
 * a kernel, and Linux's numbers let the modules load.
 */
const OTHERS: Partial<Record<Platform, Listed<Linux>>> = {
  darwin: DARWIN,
  freebsd: FREEBSD,
  openbsd: OPENBSD,
};

/**
 * The tables of another system under the names of Linux's. A structure that it does not have keeps
 * Linux's form: it belongs to numbers that are absent.
 */
export function complete(listed: Listed<Linux>): Tables<Linux> {
  const whole = Object.entries(linux).map(([name, table]) => {
    const own = listed[name as keyof Tables<Linux>];
    if (Array.isArray(table) || 'fields' in table) return [name, own ?? table];
    const none = Object.keys(table).map((number) => [number, ABSENT]);
    return [name, { ...Object.fromEntries(none), ...own }];
  });
  return Object.fromEntries(whole) as unknown as Tables<Linux>;
}

const other = OTHERS[HOST];
const here: Tables<Linux> = other === undefined ? linux : complete(other);

export const {
  ERRNO,
  FCNTL,
  FADVISE,
  SOCKET,
  INET,
  TCP,
  POLL,
  SELECT,
  SIGNAL,
  MMAN,
  PTHREAD,
  CLOCK,
  LIMITS,
  DLFCN,
  RESOURCE,
  IP,
  MESSAGE,
  HOP_LIMIT,
  IOCTL,
  BSD,
  SOCKADDR_IN,
  SOCKADDR_IN6,
  SOCKADDR_UN,
  SOCKADDR_STORAGE,
  POLLFD,
  FD_SET,
  TIMEVAL,
  LINGER,
  ITIMERSPEC,
  IOVEC,
  MSGHDR,
  CMSGHDR,
  TIMESPEC,
  SIGACTION,
  RLIMIT,
  GROUP_REQ,
  GROUP_SOURCE_REQ,
  IP_MREQN,
  IP_MREQ_SOURCE,
  IPV6_MREQ,
  IN6_PKTINFO,
  IN_PKTINFO,
} = here;
