import { PollSelector } from '../../src/readiness.ts';
import { selectorCases } from '../cases/selector.ts';

selectorCases({ model: 'poll', open: () => new PollSelector() });
