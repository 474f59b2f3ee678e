/** The kernel does both phases and reports completion: rings of submissions and completions. */
export { BufferRing, type BufferRingOptions } from './completion/io-uring/buffer-ring.ts';
export {
  forbiddenFeatures,
  RING_FEATURES,
  type RingFeature,
} from './completion/io-uring/features.ts';
export { ioUringUnavailable } from './completion/io-uring/probe.ts';
export { CQE, highWord, Ring, type RingOptions, SQE, sqeHead } from './completion/io-uring/ring.ts';
