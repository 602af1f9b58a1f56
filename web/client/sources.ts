/** What can stand in a slot, in groups, as the desk lists it. */

import type { ClipView, ProgrammeView, SeatView } from "../wire.js";

/** `follow`: what it means may change, as `speaker` and `hall:a`; `seat`: a main camera;
 * `device`: a further picture of a seat. */
export type SourceGroup = "follow" | "seat" | "device";

export interface Source {
  /** As a slot of a scene names it. */
  readonly source: string;
  readonly group: SourceGroup;
  /** Whose picture it is now; none for a clip, or while nobody is meant. */
  readonly seat: SeatView | undefined;
  /** Kind of a further device, or file of the clip. */
  readonly detail: string;
  /** Whether a picture can be expected. */
  readonly here: boolean;
}

/** What the sources are taken from; a store has all of it. */
export interface SourceState {
  readonly sites: readonly SeatView[];
  readonly programme: Pick<ProgrammeView, "speaker" | "call_in"> | undefined;
  readonly clip: Pick<ClipView, "state" | "file"> | undefined;
}

const HALLS = ["hall:a", "hall:b"] as const;

/** What follows the event, then the main camera of every seat, there or not, then every further
 * picture that is there. */
export function sourcesOf(state: SourceState): Source[] {
  const { sites } = state;
  return [
    ...following(state),
    ...sites.map((seat): Source => ({
      source: seat.seat,
      group: "seat",
      seat,
      detail: "",
      here: sends(seat),
    })),
    ...sites.flatMap((seat) =>
      seat.devices
        .filter((one) => one.kind !== "main" && one.has_video)
        .map((one): Source => ({
          source: sourceName(seat.seat, one.kind),
          group: "device",
          seat,
          detail: one.kind,
          here: true,
        })),
    ),
  ];
}

function following({ sites, programme, clip }: SourceState): Source[] {
  const halls = sites.filter((seat) => seat.kind === "hall");
  const found = HALLS.slice(0, halls.length).map((source, index): Source => {
    const seat = halls[index];
    return { source, group: "follow", seat, detail: "", here: seat !== undefined && sends(seat) };
  });
  for (const source of ["speaker", "call_in"] as const) {
    const seat = sites.find((one) => one.seat === programme?.[source]);
    // Who speaks is found out by itself; who is called in must have been said.
    const here = seat === undefined ? source === "speaker" : sends(seat);
    found.push({ source, group: "follow", seat, detail: "", here });
  }
  if (clip !== undefined && clip.file !== "") {
    const here = clip.state !== "refused";
    found.push({ source: "clip", group: "follow", seat: undefined, detail: clip.file, here });
  }
  return found;
}

function sends(seat: SeatView): boolean {
  return seat.devices.find((one) => one.kind === "main")?.has_video === true;
}

/** The seat's picture that a source is now, as far as the page knows; empty for none. */
export function meant(source: string, sources: readonly Source[]): string {
  const found = sources.find((one) => one.source === source);
  return found?.group === "follow" ? (found.seat?.seat ?? "") : source;
}

/** What a device shows is its camera; only a device for slides shows slides. */
export function sourceName(seat: string, device: string): string {
  return `${seat}/${device}/${device === "slides" ? "slides" : "camera"}`;
}

/** The seat of a slot's source. */
export function seatOf(source: string): string {
  return source.split("/")[0] ?? source;
}
