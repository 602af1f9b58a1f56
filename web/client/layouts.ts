/** Where the slots of a layout stand, in shares of the picture, for drawings on the desk.
 * The picture itself is made by the server; a layout that is unknown here is drawn as a grid. */

import type { SceneView } from "../wire.js";

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const px = (x: number, y: number, width: number, height: number): Place => ({
  x: x / 1280,
  y: y / 720,
  width: width / 1280,
  height: height / 720,
});

const FIXED: Readonly<Record<string, readonly Place[]>> = {
  full: [px(0, 0, 1280, 720)],
  two_halls: [px(24, 134, 608, 342), px(648, 134, 608, 342)],
  hall_remote: [px(24, 110, 816, 458), px(856, 222, 400, 226)],
};

const MARGIN = 0.012;

/** Tiles of one shape; the last row is centred. */
export function gridPlaces(count: number): Place[] {
  const columns = Math.max(1, Math.ceil(Math.sqrt(count)));
  const rows = Math.ceil(count / columns);
  const width = 1 / Math.max(columns, rows);
  const left = (1 - columns * width) / 2;
  const top = (1 - rows * width) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? count - row * columns : columns;
    const shift = ((columns - inRow) * width) / 2;
    return {
      x: left + shift + (index % columns) * width + MARGIN / 2,
      y: top + row * width + MARGIN / 2,
      width: width - MARGIN,
      height: width - MARGIN,
    };
  });
}

export function places(layout: string, count: number): readonly Place[] {
  const fixed = FIXED[layout];
  return fixed !== undefined && fixed.length >= count ? fixed : gridPlaces(count);
}

/** The slots of a scene for another layout: what was chosen stays, in order; missing ones are
 * filled from `candidates`, nobody twice. */
export function refill(
  slots: readonly string[],
  [fewest, most]: readonly [number, number],
  candidates: readonly string[],
): string[] {
  const kept = slots.slice(0, most);
  const wanted = fewest === most ? fewest : most;
  for (const seat of candidates) {
    if (kept.length >= wanted) {
      break;
    }
    if (!kept.includes(seat)) {
      kept.push(seat);
    }
  }
  return kept;
}

/** Puts a seat into a slot; whoever had the seat elsewhere gets this slot's seat instead. */
export function assign(slots: readonly string[], slot: number, seat: string): string[] {
  const changed = [...slots];
  const elsewhere = changed.indexOf(seat);
  const before = changed[slot];
  if (elsewhere >= 0 && elsewhere !== slot && before !== undefined) {
    changed[elsewhere] = before;
  }
  changed[slot] = seat;
  return changed;
}

export function sameScene(a: SceneView, b: SceneView): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
