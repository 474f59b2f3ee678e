import { UnsupportedError } from '../errors.ts';
import type { RegisterOptions, SelectorModel } from './selector.ts';

const TOLD_ANEW = 'is told its whole set at each call and remembers nothing between two';
const REASONS: Readonly<Record<Exclude<SelectorModel, 'epoll'>, string>> = {
  select: TOLD_ANEW,
  poll: TOLD_ANEW,
  'signal-driven': 'asks poll(2) about what a signal names, and poll reports levels to everybody',
};

/** Refuses what only epoll can do, by name. */
export function refuseOptions(
  model: keyof typeof REASONS,
  options: RegisterOptions | undefined,
): void {
  for (const name of ['edge', 'oneShot', 'exclusive'] as const) {
    if (options?.[name] !== true) continue;
    throw new UnsupportedError({
      model: `the option ${name} of a ${model} selector`,
      reason: `${model} ${REASONS[model]}`,
      remedy: "use the epoll selector: openSelector('epoll')",
    });
  }
}
