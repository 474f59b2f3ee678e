/** What a run is called: a model by its own name, a program in words. */
import { isTextKey, type Text } from '../text/text.ts';

export function runName(text: Text, label: string): string {
  const key = `run.${label}`;
  return isTextKey(key) ? text.t(key) : label;
}
