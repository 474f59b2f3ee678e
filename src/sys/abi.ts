/** The numbers and layouts of this host, for everything that is written once for all of them. */
export * from './posix/abi.ts';
