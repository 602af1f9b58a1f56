import { html, type TemplateResult } from "lit";

import { PretendedPictures } from "../../dev/pretended_pictures.js";
import { PretendedSession } from "../../dev/pretended_session.js";

import "./tiles.js";

const SESSION = new PretendedSession("director");

export const fixtures: Record<string, () => TemplateResult> = {
  "tiles of all sites": () =>
    html`<lx-tiles .session=${SESSION} .source=${new PretendedPictures()}></lx-tiles>`,
};
