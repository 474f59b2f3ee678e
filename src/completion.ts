/** Asynchronous I/O: the kernel does the work, and whoever asked for it holds a receipt. */
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
export { IoUringQueue } from './completion/io-uring.ts';
export { IocpQueue } from './completion/iocp.ts';
export { openCompletionQueue } from './completion/open-completion-queue.ts';
export {
  MultishotOperation,
  Operation,
  type PromiseOptions,
} from './completion/operation.ts';
export { ProvidedBuffers, ReceivedChunk } from './completion/provided-buffers.ts';
export { QueueBuffer } from './completion/queue-buffer.ts';
