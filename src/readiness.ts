/** Waiting on many descriptors at once: select, poll, epoll, kqueue and signals behind one contract. */
export { EpollSelector } from './readiness/epoll.ts';
export {
  type KqueueExpiry,
  KqueueSelector,
  type KqueueTimerOptions,
  type KqueueTrigger,
} from './readiness/kqueue.ts';
export { openSelector } from './readiness/open-selector.ts';
export { PollSelector } from './readiness/poll.ts';
export { SelectSelector } from './readiness/select.ts';
export {
  ERROR,
  HANGUP,
  PRIORITY,
  READABLE,
  type Ready,
  type RegisterOptions,
  type Selector,
  type SelectorKey,
  type SelectorModel,
  type SelectorStatistics,
  WRITABLE,
} from './readiness/selector.ts';
export { READINESS_SIGNAL, SignalDrivenSelector } from './readiness/signal-driven.ts';
export { Waker, type WakerOptions } from './readiness/waker.ts';
