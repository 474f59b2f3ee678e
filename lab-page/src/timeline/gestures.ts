/**
 * Pointer and wheel: dragging moves the position, two fingers or the wheel with Ctrl zoom, the wheel
 * with Shift moves along. The wheel alone stays the page's.
 */

export interface GestureTarget {
  timeAt(x: number): number;
  /** Where the lanes begin. */
  left(): number;
  scrub(at: number): void;
  zoom(around: number, steps: number): void;
  /** By a share of what is in sight. */
  pan(share: number): void;
  /** A label at the left of the lanes was pressed. */
  press(y: number): void;
  hover(place: { readonly x: number; readonly y: number } | null): void;
}

const WHEEL_STEP = 120;
const PINCH_STEP = 60;

export class Gestures {
  readonly #target: GestureTarget;
  readonly #pointers = new Map<number, number>();

  constructor(target: GestureTarget) {
    this.#target = target;
  }

  static #place(event: MouseEvent): { x: number; y: number } {
    const { left, top } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  readonly down = (event: PointerEvent): void => {
    const { x, y } = Gestures.#place(event);
    if (event.button !== 0 || event.target instanceof HTMLButtonElement) return;
    if (x < this.#target.left()) {
      this.#target.press(y);
      return;
    }
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, x);
    this.#target.hover(null);
    if (this.#pointers.size === 1) this.#target.scrub(this.#target.timeAt(x));
  };

  readonly move = (event: PointerEvent): void => {
    const place = Gestures.#place(event);
    const before = this.#pointers.get(event.pointerId);
    if (before === undefined) {
      this.#target.hover(event.pointerType === 'mouse' ? place : null);
      return;
    }
    this.#pointers.set(event.pointerId, place.x);
    if (this.#pointers.size === 1) {
      this.#target.scrub(this.#target.timeAt(place.x));
      return;
    }
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1] ?? place.x;
    const spread = Math.abs(place.x - other) - Math.abs(before - other);
    this.#target.zoom(this.#target.timeAt((place.x + other) / 2), spread / PINCH_STEP);
  };

  readonly up = (event: PointerEvent): void => {
    this.#pointers.delete(event.pointerId);
  };

  readonly leave = (event: PointerEvent): void => {
    if (!this.#pointers.has(event.pointerId)) this.#target.hover(null);
  };

  readonly wheel = {
    passive: false,
    handleEvent: (event: WheelEvent): void => {
      const { deltaX, deltaY, ctrlKey, metaKey, shiftKey } = event;
      if (ctrlKey || metaKey) {
        event.preventDefault();
        const around = this.#target.timeAt(Gestures.#place(event).x);
        this.#target.zoom(around, -deltaY / WHEEL_STEP);
      } else if (shiftKey || Math.abs(deltaX) > Math.abs(deltaY)) {
        event.preventDefault();
        this.#target.pan((deltaX === 0 ? deltaY : deltaX) / (4 * WHEEL_STEP));
      }
    },
  };
}
