import { UnsupportedError } from '../errors.ts';
import type { RegisterOptions, SelectorModel } from './selector.ts';

const TOLD_ANEW = 'is told its whole set at each call and remembers nothing between two';
const REASONS: Readonly<Record<Exclude<SelectorModel, 'epoll'>, string>> = {
  select: TOLD_ANEW,
  poll: TOLD_ANEW,
  kqueue: 'wakes every queue that watches a descriptor and cannot be told to wake one',
  'signal-driven': 'asks poll(2) about what a signal names, and poll reports levels to everybody',
};
const ALL = ['edge', 'oneShot', 'exclusive'] as const;

/** Refuses the options that a back end does not have, by name. */
export function refuseOptions(
  model: keyof typeof REASONS,
  options: RegisterOptions | undefined,
): void {
  for (const name of model === 'kqueue' ? (['exclusive'] as const) : ALL) {
    if (options?.[name] !== true) continue;
    throw new UnsupportedError({
      model: `the option ${name} of a ${model} selector`,
      reason: `${model} ${REASONS[model]}`,
      remedy:
        name === 'exclusive'
          ? "use the epoll selector: openSelector('epoll')"
          : 'use an epoll or kqueue selector: openSelector()',
    });
  }
}
