/** The transport: buttons, speed, position, zoom. */
import { html, svg, type TemplateResult } from 'lit';
import { formatTime, type Text, type TextKey } from '../text/text.ts';
import { SPEEDS } from './transport.ts';

/** Shapes in a box of 16 by 16. */
const ICONS = {
  start: 'M3 2h2v12H3zM13 2v12L6 8z',
  back: 'M9 3v10L3 8zM11 3h2v10h-2z',
  play: 'M4 2v12l10-6z',
  pause: 'M3 2h4v12H3zM9 2h4v12H9z',
  step: 'M3 3h2v10H3zM7 3v10l6-5z',
  end: 'M11 2h2v12h-2zM3 2v12l7-6z',
  in: 'M7 2h2v5h5v2H9v5H7V9H2V7h5z',
  out: 'M2 7h12v2H2z',
  all: 'M1 3h2v10H1zM13 3h2v10h-2zM4 8l3-3v2h2V5l3 3-3 3V9H7v2z',
} as const;

export interface Controls {
  readonly text: Text;
  readonly isPlaying: boolean;
  readonly position: number;
  readonly duration: number;
  readonly speed: number;
  readonly isTableShown: boolean;
  act(what: Act): void;
  setSpeed(speed: number): void;
  setPosition(position: number): void;
}

export type Act =
  | 'toggle'
  | 'step'
  | 'step-back'
  | 'start'
  | 'end'
  | 'zoom-in'
  | 'zoom-out'
  | 'zoom-all'
  | 'table';

function button(
  { text, act }: Controls,
  what: Act,
  icon: keyof typeof ICONS,
  key: TextKey,
): TemplateResult {
  const name = text.t(key);
  return html`<button
    class=${what === 'toggle' ? 'main' : ''}
    data-action=${what}
    title=${name}
    aria-label=${name}
    @click=${() => act(what)}
  >
    <svg viewBox="0 0 16 16" aria-hidden="true">${svg`<path d=${ICONS[icon]} />`}</svg>
  </button>`;
}

function speedText(text: Text, speed: number): string {
  if (speed <= 1) return text.t('timeline.speed.real');
  return text.t('timeline.speed.slower', { factor: speed });
}

function speedView({ text, speed, setSpeed }: Controls): TemplateResult {
  const place = SPEEDS.findIndex((candidate) => candidate >= speed);
  const index = place < 0 ? SPEEDS.length - 1 : place;
  const words = speedText(text, speed);
  const input = (event: Event): void => {
    const { valueAsNumber } = event.target as HTMLInputElement;
    setSpeed(SPEEDS[SPEEDS.length - 1 - valueAsNumber] ?? 1);
  };
  // To the right is faster.
  return html`<label>
    ${text.t('timeline.speed')}
    <input
      type="range"
      data-control="speed"
      min="0"
      max=${SPEEDS.length - 1}
      .value=${String(SPEEDS.length - 1 - index)}
      aria-valuetext=${words}
      @input=${input}
    />
    <output>${words}</output>
  </label>`;
}

/** The position, to be dragged. */
function scrubView(controls: Controls): TemplateResult {
  const { text, position, duration, setPosition } = controls;
  const at = formatTime(text.language, position);
  const input = (event: Event): void => {
    setPosition((event.target as HTMLInputElement).valueAsNumber);
  };
  return html`<label class="scrub">
    <span class="hidden">${text.t('timeline.scrub')}</span>
    <input
      type="range"
      data-control="position"
      min="0"
      max=${duration}
      step="any"
      .value=${String(position)}
      aria-valuetext=${at}
      @input=${input}
    />
    <output>${at} / ${formatTime(text.language, duration)}</output>
  </label>`;
}

/** The row above the picture. */
export function controlsView(controls: Controls): TemplateResult {
  const { text, isPlaying, act } = controls;
  const tableKey = controls.isTableShown ? 'timeline.table.hide' : 'timeline.table.show';
  return html`<div class="bar" role="group" aria-label=${text.t('timeline.title')}>
    <div class="buttons">
      ${button(controls, 'start', 'start', 'timeline.start')}
      ${button(controls, 'step-back', 'back', 'timeline.step-back')}
      ${
        isPlaying
          ? button(controls, 'toggle', 'pause', 'timeline.pause')
          : button(controls, 'toggle', 'play', 'timeline.play')
      }
      ${button(controls, 'step', 'step', 'timeline.step')}
      ${button(controls, 'end', 'end', 'timeline.end')}
    </div>
    ${speedView(controls)} ${scrubView(controls)}
    <div class="buttons">
      ${button(controls, 'zoom-out', 'out', 'timeline.zoom-out')}
      ${button(controls, 'zoom-in', 'in', 'timeline.zoom-in')}
      ${button(controls, 'zoom-all', 'all', 'timeline.zoom-all')}
      <button data-action="table" aria-pressed=${controls.isTableShown} @click=${() => act('table')}>
        ${text.t(tableKey)}
      </button>
    </div>
  </div>`;
}
