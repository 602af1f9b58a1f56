/** Layouts as the server would describe them. */

import { gridPlaces } from "../client/layouts.js";
import type { CaptionLook, LayoutDescription, Looks } from "../wire.js";

type Place = readonly [number, number, number, number];

const WHOLE: Place = [0, 0, 1280, 720];
const FIXED: Readonly<Record<string, readonly [string, string, readonly Place[]]>> = {
  full: ["全屏", "Full picture", [WHOLE]],
  hall_remote: ["会场与远程", "Hall and remote", [[48, 100, 744, 418], [808, 280, 424, 238]]],
  pip_bottom_left: ["左下小窗", "Inset bottom left", [WHOLE, [52, 496, 320, 180]]],
  pip_bottom_right: ["右下小窗", "Inset bottom right", [WHOLE, [908, 496, 320, 180]]],
  pip_top_left: ["左上小窗", "Inset top left", [WHOLE, [52, 102, 320, 180]]],
  pip_top_right: ["右上小窗", "Inset top right", [WHOLE, [908, 102, 320, 180]]],
  remote_hall: ["远程为主", "Remote and hall", [[48, 280, 424, 238], [488, 100, 744, 418]]],
  slides_full: ["课件全屏", "Slides", [WHOLE]],
  slides_speaker: ["课件与讲者", "Slides and speaker", [[24, 68, 928, 522], [972, 222, 284, 160]]],
  two_halls: ["双会场", "Two halls", [[48, 134, 584, 328], [648, 134, 584, 328]]],
};

function fixed(): LayoutDescription[] {
  return Object.entries(FIXED).map(([name, [title, title_en, places]]) => ({
    name,
    title,
    title_en,
    caption: "box",
    fewest: places.length,
    most: places.length,
    places: [places.map((place) => [...place])],
  }));
}

function grid(): LayoutDescription {
  const places = Array.from({ length: 19 }, (_, index) =>
    gridPlaces(index + 1).map(({ x, y, width, height }) => [x * 1280, y * 720, width * 1280, height * 720]),
  );
  return { name: "grid", title: "宫格", title_en: "Grid", caption: "line", fewest: 1, most: 19, places };
}

function look(changed: Partial<CaptionLook>): CaptionLook {
  return {
    panel: "#080f1c",
    panel_opacity: 0.86,
    accent: "#2696b2",
    text: "#fafbfc",
    soft: "#c1cede",
    title_weight: 650,
    text_weight: 400,
    ...changed,
  };
}

export const LOOKS: Looks = {
  layouts: [...fixed(), grid()],
  themes: ["default", "red"],
  logos: ["station.png"],
  captions: {
    default: look({}),
    red: look({ panel: "#2b0c0c", accent: "#d8a23a" }),
  },
};
