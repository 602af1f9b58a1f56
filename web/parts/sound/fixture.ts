import { html, type TemplateResult } from "lit";

import { PretendedSession } from "../../dev/pretended_session.js";

import "./echo.js";
import "./loudness.js";
import "./meter.js";
import "./panel.js";

const SESSION = new PretendedSession("director");

export const fixtures: Record<string, () => TemplateResult> = {
  panel: () => html`<lx-sound-panel style="width: 1120px" .session=${SESSION}></lx-sound-panel>`,
  echo: () => html`<lx-echo-warning .session=${SESSION}></lx-echo-warning>`,
  meter: () => html`<lx-sound-meter style="width: 240px"></lx-sound-meter>`,
  loudness: () => html`<lx-loudness .target_lufs=${-23}></lx-loudness>`,
};
