/** Why a kernel gives no ring, and what to do about it. */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { errorName, type Unsupported } from '../../../errors.ts';
import { ERRNO } from '../../posix/abi.ts';

const MODEL = 'io-uring';
const SWITCH = '/proc/sys/kernel/io_uring_disabled';

/** The system's own switch: 0 for everyone, 1 for a group and the privileged, 2 for nobody. */
function disabled(): number {
  try {
    return Number(readFileSync(SWITCH, 'utf8'));
  } catch {
    return 0;
  }
}

function forbidden(): Unsupported {
  const level = disabled();
  if (level === 0) {
    return {
      model: MODEL,
      reason: 'io_uring_setup answers EPERM: a seccomp filter (a container, a service) forbids it',
      remedy:
        'allow io_uring_setup, io_uring_enter and io_uring_register where the sandbox or container is set up, or use epoll',
    };
  }
  const whom =
    level === 1 ? 'everyone without CAP_SYS_ADMIN or the group kernel.io_uring_group' : 'everyone';
  return {
    model: MODEL,
    reason: `io_uring_setup answers EPERM: sysctl kernel.io_uring_disabled is ${level}, which forbids it to ${whom}`,
    remedy: 'sysctl kernel.io_uring_disabled=0, or use epoll',
  };
}

/** What to tell about a refused io_uring_setup(2). */
export function refusal(errno: number): Unsupported {
  const number = Math.abs(errno);
  const answer = `io_uring_setup answers ${errorName(number)}`;
  if (number === ERRNO.EPERM) return forbidden();
  if (number === ERRNO.ENOSYS) {
    return {
      model: MODEL,
      reason: `${answer}: kernel ${release()} is built without io_uring, or a seccomp filter or an emulator hides it`,
      remedy:
        'use a kernel with CONFIG_IO_URING, or allow io_uring_setup where the sandbox or container is set up, or use epoll',
    };
  }
  if (number === ERRNO.ENOMEM) {
    return {
      model: MODEL,
      reason: `${answer}: there is no memory for a ring, or the limit of locked memory is too low`,
      remedy: 'raise RLIMIT_MEMLOCK (ulimit -l) or the memory limit of the container, or use epoll',
    };
  }
  if (number === ERRNO.EMFILE || number === ERRNO.ENFILE) {
    return {
      model: MODEL,
      reason: `${answer}: no descriptor is left for a ring`,
      remedy: 'raise the limit of open files (ulimit -n)',
    };
  }
  return {
    model: MODEL,
    reason: answer,
    remedy: 'allow io_uring where the sandbox or container is set up, or use epoll',
  };
}

/** What to tell about a kernel that has io_uring, but lacks something that is needed. */
export function tooOld(what: string, since: string): Unsupported {
  return {
    model: MODEL,
    reason: `kernel ${release()} has io_uring without ${what}, which came with ${since}`,
    remedy: `use Linux ${since} or later, or epoll`,
  };
}
