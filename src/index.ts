/** Every network I/O model for TypeScript, under one vocabulary. */
export * from './errors.ts';
export * from './io.ts';
export type { Fd, Handle } from './platform/fd.ts';
export * from './readiness.ts';
export * from './servers.ts';
export { type InterruptOptions, interrupt } from './sys/interrupt.ts';
