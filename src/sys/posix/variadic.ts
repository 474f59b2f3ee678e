/**
 * Functions that C declares with `...`: fcntl(2), open(2), ioctl(2).
 *
 * Facts: on most processors the arguments behind `...` travel as all others do. On Apple's arm64
 * they lie on the stack, and a call that puts them into registers passes whatever the stack holds.
 *
 * What this means for us: such functions are bound as what they are, on every system, so that the
 * same tests show it. That costs some 150 ns a call, and none of them is called once per message.
 */
import {
  type Native,
  type ParameterType,
  report,
  resolve,
  type SystemCall,
  settle,
  tap,
  typeName,
} from '../ffi.ts';

/** Binds one that takes two named arguments and one behind them, and answers -1 and `errno`. */
export function bindVariadic<First extends number | string, Last>(
  name: string,
  named: readonly [ParameterType, ParameterType],
  last: ParameterType,
): SystemCall<[first: First, second: number, last: Last]> {
  const type = typeName(last);
  const isAboutFd = named[0] === 'fd';
  let native: Native | undefined;
  return (a, b, c) => {
    native ??= resolve(name, 'int', [...named, 'variadic']);
    if (tap === null) return settle(native(a, b, type, c));
    const start = performance.now();
    return report(name, isAboutFd ? (a as number) : -1, start, settle(native(a, b, type, c)));
  };
}
