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

const WHOLE = px(0, 0, 1280, 720);

const FIXED: Readonly<Record<string, readonly Place[]>> = {
  full: [WHOLE],
  two_halls: [px(48, 134, 584, 328), px(648, 134, 584, 328)],
  hall_remote: [px(48, 100, 744, 418), px(808, 280, 424, 238)],
  remote_hall: [px(48, 280, 424, 238), px(488, 100, 744, 418)],
  pip_top_left: [WHOLE, px(52, 102, 320, 180)],
  pip_top_right: [WHOLE, px(908, 102, 320, 180)],
  pip_bottom_left: [WHOLE, px(52, 496, 320, 180)],
  pip_bottom_right: [WHOLE, px(908, 496, 320, 180)],
  slides_speaker: [px(24, 68, 928, 522), px(972, 222, 284, 160)],
  slides_full: [WHOLE],
};

/** One large, the others in tiles of one width along an edge. */
const LED: Readonly<Record<string, (others: number) => readonly Place[]>> = {
  one_row: (others) => {
    const width = Math.min(245, 1248 / Math.max(others, 1) - 8);
    const left = 640 - (others * (width + 8) - 8) / 2;
    return [
      px(240, 16, 800, 450),
      ...Array.from({ length: others }, (_, index) => px(left + index * (width + 8), 510, width, 138)),
    ];
  },
  one_column: (others) => {
    const top = 332 - (others * 158 - 8) / 2;
    return [
      px(24, 62, 912, 514),
      ...Array.from({ length: others }, (_, index) => px(979, top + index * 158, 266, 150)),
    ];
  },
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
  const fixed = LED[layout]?.(count - 1) ?? FIXED[layout];
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
