/** What the keys do: space plays, arrows step, [ and ] change the speed, + and - zoom. */
import type { Act } from './controls-view.ts';

const KEYS: Readonly<Record<string, Act | 'slower' | 'faster'>> = {
  ' ': 'toggle',
  ArrowLeft: 'step-back',
  ArrowRight: 'step',
  Home: 'start',
  End: 'end',
  '[': 'slower',
  ']': 'faster',
  '+': 'zoom-in',
  '=': 'zoom-in',
  '-': 'zoom-out',
};

/** Elements that have a use of their own for the space bar, or for every key. */
const PRESSED = 'button, a, summary, [role="button"]';
const TYPED = 'select, textarea, input, [contenteditable], dialog';

/** What a key asks of the timeline; null when it is meant for something else. */
export function actOfKey(event: KeyboardEvent, timeline: HTMLElement): ReturnType<typeof act> {
  const { ctrlKey, metaKey, altKey } = event;
  if (event.defaultPrevented || ctrlKey || metaKey || altKey) return null;
  return act(event.key, event.composedPath()[0], timeline);
}

function act(
  key: string,
  target: EventTarget | undefined,
  timeline: HTMLElement,
): Act | 'slower' | 'faster' | null {
  const wanted = KEYS[key] ?? null;
  if (!(target instanceof Element) || wanted === null) return null;
  if (key === ' ' && target.closest(PRESSED) !== null) return null;
  const field = target.closest<HTMLElement>(TYPED);
  if (field !== null) {
    // The slider of the position would move by a share of the run: here it goes from event to event.
    return field.dataset['control'] === 'position' ? wanted : null;
  }
  const isOurs = target === document.body || timeline.shadowRoot?.contains(target) === true;
  if (isOurs) return wanted;
  // Elsewhere on the page arrows and the ends scroll.
  return key.startsWith('Arrow') || key === 'Home' || key === 'End' ? null : wanted;
}
