/** Who may stand in a lower third: everybody the event names. */

import { named } from "../../text/language.js";
import type { CaptionView, SeatView } from "../../wire.js";

export interface Person {
  readonly seat: string;
  readonly caption: CaptionView;
}

/** Those in preview first, then those on air, then all others, each in the order of seats. */
export function peopleOf(
  sites: readonly SeatView[],
  preview: readonly string[],
  onAir: readonly string[],
): Person[] {
  const rank = (seat: SeatView): number =>
    preview.includes(seat.seat) ? 0 : onAir.includes(seat.seat) ? 1 : 2;
  return sites
    .filter((seat) => seat.speaker !== "")
    .map((seat, index) => ({ seat, index }))
    .sort((a, b) => rank(a.seat) - rank(b.seat) || a.index - b.index)
    .map(({ seat }) => ({
      seat: seat.seat,
      caption: { title: seat.speaker, subtitle: seat.speaker_title, organisation: named(seat) },
    }));
}

/** Characters as people count them: one for a letter with its marks or a rare Chinese one. */
export function lengthOf(text: string): number {
  return Array.from(text).length;
}
