import { svg, type TemplateResult } from "lit";

import type { Place } from "../../client/layouts.js";

const WIDTH = 320;
const HEIGHT = 180;

/** A layout as it will stand in the picture. Later slots stand above. */
export function layoutPicture(places: readonly Place[]): TemplateResult {
  return svg`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">
    <rect class="ground" width=${WIDTH} height=${HEIGHT}></rect>
    ${places.map(
      (place, index) => svg`<rect
        class="slot ${index === 0 ? "first" : ""}"
        x=${place.x * WIDTH + 2}
        y=${place.y * HEIGHT + 2}
        width=${Math.max(place.width * WIDTH - 4, 2)}
        height=${Math.max(place.height * HEIGHT - 4, 2)}
        rx="3"
      ></rect>`,
    )}
  </svg>`;
}
