/** Every network I/O model for TypeScript, under one vocabulary. */
export {
  type AcceptedFd,
  type CompletionModel,
  type CompletionQueue,
  type CompletionQueueOptions,
  type CompletionQueueStatistics,
  IocpQueue,
  IoUringQueue,
  MultishotOperation,
  type OpenFileOptions,
  Operation,
  type OperationBuffer,
  type OperationOptions,
  openCompletionQueue,
  type PositionOptions,
  type PromiseOptions,
  ProvidedBuffers,
  QueueBuffer,
  ReceivedChunk,
  type ReceivedMessage,
  type RecvMessageOptions,
  type SendMessageOptions,
  type SendOptions,
  type SyncOptions,
  type TransferOptions,
  type WaitOptions,
} from './completion.ts';
export * from './errors.ts';
export * from './io.ts';
export type { Fd, Handle } from './platform/fd.ts';
export * from './readiness.ts';
export * from './servers.ts';
export { type InterruptOptions, interrupt } from './sys/interrupt.ts';
