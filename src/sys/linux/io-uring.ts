/**
 * io_uring_setup(2), io_uring_enter(2) and io_uring_register(2), through syscall(2): the C library
 * wraps none of them. Results are what the manual pages say, or the negative error number.
 */
import { type Native, report, resolve, settle, tap } from '../ffi.ts';
import { SYSCALL } from './abi.ts';
import { IORING } from './io-uring-abi.ts';

const SETUP = ['ssize', 'uint', 'address'] as const;
const REGISTER = ['ssize', 'int', 'uint', 'address', 'uint'] as const;
const ENTER = ['ssize', 'int', 'uint', 'uint', 'uint', 'address', 'size'] as const;

let setupNative: Native | undefined;
let registerNative: Native | undefined;
let enterNative: Native | undefined;

/**
 * Opens a ring with room for `entries` submissions; `parameters` is the address of a
 * `struct io_uring_params`. The descriptor, which is closed on exec.
 */
export function ioUringSetup(entries: number, parameters: number): number {
  setupNative ??= resolve('syscall', 'int', SETUP);
  const start = performance.now();
  const answer = settle(setupNative(SYSCALL.SYS_io_uring_setup, entries, parameters));
  return report('io_uring_setup', -1, start, answer);
}

/** Registers `count` resources at `address` with a ring, or asks it something. */
export function ioUringRegister(
  fd: number,
  request: number,
  address: number,
  count: number,
): number {
  registerNative ??= resolve('syscall', 'int', REGISTER);
  const start = performance.now();
  const number = SYSCALL.SYS_io_uring_register;
  const answer = settle(registerNative(number, fd, request, address, count));
  return report('io_uring_register', fd, start, answer);
}

/**
 * Submits `submissions` and waits until `least` completions are there. `size` bytes at `argument`
 * are what IORING_ENTER_EXT_ARG says; both are 0 without it. How many were submitted.
 *
 * It runs once per batch: off, the tap costs it one branch.
 */
export function ioUringEnter(
  fd: number,
  submissions: number,
  least: number,
  flags: number,
  argument: number,
  size: number,
): number {
  const number = SYSCALL.SYS_io_uring_enter;
  enterNative ??= resolve('syscall', 'int', ENTER);
  if (tap === null) {
    return settle(enterNative(number, fd, submissions, least, flags, argument, size));
  }
  const start = performance.now();
  const answer = settle(enterNative(number, fd, submissions, least, flags, argument, size));
  // A registered ring goes by its place in the thread's table, which is no descriptor.
  const isRegistered = (flags & IORING.IORING_ENTER_REGISTERED_RING) !== 0;
  return report('io_uring_enter', isRegistered ? -1 : fd, start, answer);
}
