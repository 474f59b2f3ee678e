/**
 * How things look. Colours that can be told apart by everybody (Okabe and Ito), and never colour
 * alone: phase 1 is hatched, phase 2 solid, would-blocks are dots, sleep is an outline.
 */

/** What a bar is, which says how it is drawn. */
export type BarStyle =
  /** Phase 1, the thread asleep in a call for this connection alone. */
  | 'wait'
  /** Asleep in a call for something else: room to write to, a disk. */
  | 'wait-other'
  /** Phase 1, the thread free: drawn thin. */
  | 'wait-free'
  /** The data is in the kernel and nobody has asked. */
  | 'ready'
  /** Phase 2. */
  | 'copy'
  | 'code'
  | 'would-block'
  /** Asleep in a call that waits for all, or for a connection. */
  | 'sleep'
  /** Not asleep in any call. */
  | 'awake'
  | 'call'
  /** The same call that sleeps, in the lane of calls. */
  | 'call-asleep'
  | 'probe'
  /** From the submission of an operation to its completion. */
  | 'receipt'
  | 'completion'
  | 'buffer'
  | 'client-send'
  | 'client-receive'
  | 'client-connect'
  | 'client-half-close'
  | 'client-reset'
  | 'client-pause';

/** From back to front. */
export const PAINT_ORDER: readonly BarStyle[] = [
  'awake',
  'sleep',
  'wait',
  'wait-other',
  'wait-free',
  'ready',
  'buffer',
  'receipt',
  'call-asleep',
  'client-pause',
  'client-receive',
  'client-send',
  'client-connect',
  'client-half-close',
  'client-reset',
  'probe',
  'code',
  'call',
  'copy',
  'completion',
  'would-block',
];

/** The colours of a theme, by what they are for. */
export interface Palette {
  readonly background: string;
  /** Behind every second run. */
  readonly band: string;
  readonly lane: string;
  readonly grid: string;
  readonly text: string;
  readonly quiet: string;
  readonly wait: string;
  readonly copy: string;
  readonly code: string;
  readonly block: string;
  readonly sleep: string;
  readonly call: string;
  readonly client: string;
  readonly buffer: string;
  readonly receipt: string;
  readonly now: string;
  /** Text upon bars. */
  readonly onCopy: string;
  readonly onCode: string;
}

export type Theme = 'light' | 'dark';

export const PALETTES: Readonly<Record<Theme, Palette>> = {
  light: {
    background: '#ffffff',
    band: '#f6f7f9',
    lane: '#f0f2f5',
    grid: '#dde1e7',
    text: '#1c2430',
    quiet: '#566070',
    wait: '#e69f00',
    copy: '#0072b2',
    code: '#009e73',
    block: '#d55e00',
    sleep: '#7d8796',
    call: '#4a5568',
    client: '#3b8fc4',
    buffer: '#8fb8d8',
    receipt: '#b0629a',
    now: '#c0143c',
    onCopy: '#ffffff',
    onCode: '#03211a',
  },
  dark: {
    background: '#12161d',
    band: '#181d26',
    lane: '#1d232d',
    grid: '#2d3543',
    text: '#e8ecf2',
    quiet: '#a3adbb',
    wait: '#e69f00',
    copy: '#3aa0e0',
    code: '#1fbf90',
    block: '#f0803c',
    sleep: '#8792a3',
    call: '#b4bfce',
    client: '#56b4e9',
    buffer: '#3f6a8a',
    receipt: '#d692bf',
    now: '#ff6f91',
    onCopy: '#04121d',
    onCode: '#03211a',
  },
};
