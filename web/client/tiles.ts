/** Which pictures of the sites there are to be seen beside the programme. */

import type { ConditionView, DeviceView, SeatView } from "../wire.js";

import type { WatchedPicture } from "./receiver.js";
import { sourceName } from "./sources.js";

export interface SitePicture extends WatchedPicture {
  readonly seat: SeatView;
  readonly device: DeviceView | undefined;
  /** Whether packets can be expected: a camera that is there, connected and open. */
  readonly live: boolean;
}

/** One for the main device of every seat, there or not, and one for each further camera. */
export function sitePictures(sites: readonly SeatView[]): SitePicture[] {
  return sites.flatMap((seat) => {
    const main = seat.devices.find((one) => one.kind === "main");
    const others = seat.devices.filter((one) => one.kind !== "main" && one.has_video);
    return [
      picture(seat, seat.seat, main),
      ...others.map((one) => picture(seat, sourceName(seat.seat, one.kind), one)),
    ];
  });
}

const LEFT_OUT: readonly string[] = ["picture.source_left_out", "picture.decoder_hung"];

/** The devices whose pictures the programme leaves out, though they may be seen here. */
export function leftOutDevices(conditions: readonly ConditionView[]): ReadonlySet<number> {
  return new Set(
    conditions.filter((one) => LEFT_OUT.includes(one.id)).map((one) => Number(one.values.device)),
  );
}

/** By what a seat is present: its page, else whatever sends there. A player alone is nobody. */
export function presentDevice(seat: SeatView): DeviceView | undefined {
  const others = seat.devices.filter((one) => one.kind !== "player");
  return others.find((one) => one.kind === "main") ?? others[0];
}

function picture(seat: SeatView, name: string, device: DeviceView | undefined): SitePicture {
  const live =
    device !== undefined &&
    device.has_video &&
    !device.video_muted &&
    (device.connection === "connected" || device.connection === "connecting");
  return { picture: name, from: device?.id ?? 0, seat, device, live };
}

/** Where the arrow keys lead from a place in a grid of so many columns. */
export function neighbour(index: number, count: number, columns: number, pressed: string): number {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
  };
  if (pressed === "Home") {
    return 0;
  }
  if (pressed === "End") {
    return count - 1;
  }
  const next = index + (steps[pressed] ?? 0);
  return next >= 0 && next < count ? next : index;
}
