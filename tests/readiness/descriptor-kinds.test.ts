import {
  EpollSelector,
  PollSelector,
  SelectSelector,
  SignalDrivenSelector,
} from '../../src/readiness.ts';
import { kindCases } from '../cases/selector-kinds.ts';

kindCases({ model: 'select', open: () => new SelectSelector() });
kindCases({ model: 'poll', open: () => new PollSelector() });
kindCases({ model: 'epoll', open: () => new EpollSelector() });
kindCases({ model: 'signal-driven', open: () => new SignalDrivenSelector() });
