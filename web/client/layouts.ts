/** Layouts as the desk draws them, and how scenes change with them. */

import type { Looks, SceneView } from "../wire.js";

/** In shares of the picture. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const WIDTH = 1280;
const HEIGHT = 720;
export const NO_LOOKS: Looks = { layouts: [], themes: [], logos: [], captions: {} };

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

/** Where the pictures of so many slots stand; a layout that is not described yet is drawn as a
 * grid. */
export function places(looks: Looks, layout: string, count: number): readonly Place[] {
  const found = looks.layouts.find((one) => one.name === layout);
  const described = found?.places[count - found.fewest];
  if (described === undefined) {
    return gridPlaces(count);
  }
  return described.map(([x = 0, y = 0, width = 0, height = 0]) => ({
    x: x / WIDTH,
    y: y / HEIGHT,
    width: width / WIDTH,
    height: height / HEIGHT,
  }));
}

/** A layout's name in both languages; of one that is not described yet its id. */
export function layoutName(looks: Looks, layout: string): { readonly title: string; readonly title_en: string } {
  return looks.layouts.find((one) => one.name === layout) ?? { title: layout, title_en: layout };
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

/** Two slots change places. */
export function exchange(slots: readonly string[], one: number, other: number): string[] {
  const changed = [...slots];
  const [a, b] = [slots[one], slots[other]];
  if (a !== undefined && b !== undefined) {
    changed[one] = b;
    changed[other] = a;
  }
  return changed;
}

export function without(slots: readonly string[], slot: number): string[] {
  return slots.filter((_, index) => index !== slot);
}

/** Fewest and most slots of a layout; none of one that is unknown. */
export function counts(
  layouts: Readonly<Record<string, readonly number[]>> | undefined,
  name: string,
): readonly [number, number] {
  const [fewest = 0, most = 0] = layouts?.[name] ?? [];
  return [fewest, most];
}

export function sameScene(a: SceneView, b: SceneView): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
