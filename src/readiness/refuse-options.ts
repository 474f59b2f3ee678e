import { UnsupportedError } from '../errors.ts';
import type { RegisterOptions, SelectorModel } from './selector.ts';

/** Refuses what only epoll can do, by name. */
export function refuseOptions(model: SelectorModel, options: RegisterOptions | undefined): void {
  for (const name of ['edge', 'oneShot', 'exclusive'] as const) {
    if (options?.[name] !== true) continue;
    throw new UnsupportedError({
      model: `the option ${name} of a ${model} selector`,
      reason: `${model} is told its whole set at each call and remembers nothing between two`,
      remedy: "use the epoll selector: openSelector('epoll')",
    });
  }
}
