import { InvalidArgumentError } from 'commander';

/** A parser for options that take a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new InvalidArgumentError(`give a whole number from ${min} to ${max}`);
  };
}
