/** In how many layers a picture is sent, and how large each is. */

import type { PictureSize } from "./capture.js";

/** What a picture is of: people move, slides have to be read. */
export type PictureSource = "camera" | "slides";

/** Layers by name and by what they are of the captured size, the lowest first. */
const THREE = [
  ["l", 4],
  ["m", 2],
  ["h", 1],
] as const;
const TWO = [
  ["l", 2],
  ["h", 1],
] as const;
const THREE_FROM_ROWS = 540;
const TWO_FROM_ROWS = 270;
/** 2.5 Mbit/s for 720p25, 380 kbit/s for 360p15. */
const BITS_A_PIXEL = 0.11;
/** Small pictures need more bits a pixel to look the same. */
const LEAST_BPS = 120_000;
/** Slides stand still most of the time, and must be sharp when they change. */
const SLIDES_BPS = 2_500_000;
const SLIDES_FPS = 15;

export function pictureBitrate_bps(size: PictureSize, scale = 1): number {
  const pixels = (size.width / scale) * (size.height / scale);
  return Math.max(LEAST_BPS, Math.round(pixels * size.fps * BITS_A_PIXEL));
}

/** Three layers of a large picture, two of a middling one, else one; of slides one, since a smaller one
 * could not be read. */
export function pictureEncodings(size: PictureSize, source: PictureSource): RTCRtpEncodingParameters[] {
  if (source === "slides") {
    return [{ maxBitrate: SLIDES_BPS, maxFramerate: SLIDES_FPS }];
  }
  if (size.height < TWO_FROM_ROWS) {
    return [{ maxBitrate: pictureBitrate_bps(size) }];
  }
  return (size.height < THREE_FROM_ROWS ? TWO : THREE).map(([rid, scale]) => ({
    rid,
    scaleResolutionDownBy: scale,
    maxBitrate: pictureBitrate_bps(size, scale),
  }));
}

/** Sets which layers are sent; tells whether anything changed. Undefined: all. */
export function activate(
  encodings: readonly RTCRtpEncodingParameters[],
  taken: readonly number[] | undefined,
): boolean {
  let changed = false;
  encodings.forEach((encoding, layer) => {
    const active = taken === undefined || taken.includes(layer);
    // A browser may leave the attribute out where it is true.
    changed ||= (encoding.active ?? true) !== active;
    encoding.active = active;
  });
  return changed;
}
