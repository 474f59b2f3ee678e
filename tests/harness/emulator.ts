/**
 * What a test has to know of an emulated processor. `npm run test:arm64` sets all of these; without
 * them tests run on the processor of this machine.
 */

/** The command that runs programs of the emulated processor, or undefined where it is real. */
export const EMULATOR: string | undefined = process.env['POLYIO_TEST_EMULATOR'];

/** How many times longer everything may take: limits of time are for what hangs, not what is slow. */
export const PATIENCE: number = Number(process.env['POLYIO_TEST_PATIENCE'] ?? 1);

/** A Node of the machine itself: what only guards the test starts faster with it. */
export const HOST_NODE: string = process.env['POLYIO_TEST_HOST_NODE'] ?? process.execPath;

/** What the emulator answers for what it does not translate. */
export const UNTRANSLATED: readonly string[] =
  EMULATOR === undefined ? [] : ['ENOSYS', 'ENOPROTOOPT'];

/**
 * The processor by whose numbers the kernel calls its system calls in /proc: that of the machine,
 * whatever the program is made for.
 */
export const KERNEL_ARCH: string = EMULATOR === undefined ? process.arch : 'x64';

/** Whether this is Wine: where it differs from Windows, the test says so. */
export const UNDER_WINE: boolean = process.env['POLYIO_TEST_WINE'] === '1';

/** The reason of a test for which the emulator is no Linux, or false. */
export function emulatorLacks(what: string): string | false {
  return EMULATOR === undefined ? false : `${EMULATOR.split(' ')[0]} ${what}`;
}
