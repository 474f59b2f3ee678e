/** The error numbers that a run can meet, by name: a page has no kernel to ask. */

const LINUX: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  4: 'EINTR',
  9: 'EBADF',
  11: 'EAGAIN',
  22: 'EINVAL',
  24: 'EMFILE',
  32: 'EPIPE',
  62: 'ETIME',
  88: 'ENOTSOCK',
  103: 'ECONNABORTED',
  104: 'ECONNRESET',
  107: 'ENOTCONN',
  110: 'ETIMEDOUT',
  111: 'ECONNREFUSED',
  115: 'EINPROGRESS',
  125: 'ECANCELED',
};

const OTHER_UNIX: Readonly<Record<number, string>> = {
  1: 'EPERM',
  4: 'EINTR',
  9: 'EBADF',
  22: 'EINVAL',
  32: 'EPIPE',
  35: 'EAGAIN',
  54: 'ECONNRESET',
};

const WINDOWS: Readonly<Record<number, string>> = {
  258: 'WAIT_TIMEOUT',
  995: 'ERROR_OPERATION_ABORTED',
  997: 'ERROR_IO_PENDING',
  10035: 'WSAEWOULDBLOCK',
  10054: 'WSAECONNRESET',
};

/** `ECONNRESET`, or `errno 104` when the name is not known. */
export function errorName(system: string, errno: number): string {
  const names = system === 'linux' ? LINUX : system === 'win32' ? WINDOWS : OTHER_UNIX;
  return names[errno] ?? `errno ${errno}`;
}
