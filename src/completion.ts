/**
 * Asynchronous I/O: the kernel does the work, and whoever asked for it holds a receipt.
 *
 * Two surfaces: queues, whose operations are objects, and the ring underneath for those who count
 * every object, the servers (`Ring`, `BufferRing`). index.ts passes the first one on.
 */
export {
  type AcceptedFd,
  ATTACH,
  type CompletionModel,
  type CompletionQueue,
  type CompletionQueueOptions,
  type CompletionQueueStatistics,
  type OpenFileOptions,
  type OperationBuffer,
  type OperationOptions,
  type PositionOptions,
  type QueueLoop,
  type ReceivedMessage,
  type RecvMessageOptions,
  type SendMessageOptions,
  type SendOptions,
  type SyncOptions,
  type TransferOptions,
  type WaitOptions,
} from './completion/completion-queue.ts';
export { BufferRing, type BufferRingOptions } from './completion/io-uring/buffer-ring.ts';
export {
  forbiddenFeatures,
  RING_FEATURES,
  type RingFeature,
} from './completion/io-uring/features.ts';
export { ioUringUnavailable } from './completion/io-uring/probe.ts';
export { CQE, highWord, Ring, type RingOptions, SQE, sqeHead } from './completion/io-uring/ring.ts';
export { IoUringQueue } from './completion/io-uring.ts';
export { openCompletionQueue } from './completion/open-completion-queue.ts';
export {
  MultishotOperation,
  Operation,
  type PromiseOptions,
} from './completion/operation.ts';
export { ProvidedBuffers, ReceivedChunk } from './completion/provided-buffers.ts';
export { QueueBuffer } from './completion/queue-buffer.ts';
