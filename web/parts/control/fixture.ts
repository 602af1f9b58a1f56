import { html, type TemplateResult } from "lit";

import { PretendedSession } from "../../dev/pretended_session.js";

import "./captions.js";
import "./composer.js";
import "./conditions.js";
import "./recording.js";
import "./rundown.js";
import "./scene.js";

const SESSION = new PretendedSession("director");

function scene(layout: string, count: number): TemplateResult {
  const slots = Array.from({ length: count }, (_, index) => `${index + 1}`);
  const caption = { title: "李明", subtitle: "北京会场主持人", organisation: "" };
  return html`<lx-scene
    style="width: 300px; display: inline-block; margin: 6px"
    .scene=${{ layout, slots, caption, strap: "", question: "", slate: null }}
  ></lx-scene>`;
}

export const fixtures: Record<string, () => TemplateResult> = {
  scenes: () =>
    html`${scene("full", 1)}${scene("two_halls", 2)}${scene("hall_remote", 2)}${scene("grid", 5)}${scene("grid", 19)}`,
  composer: () => html`<lx-composer style="width: 640px" .session=${SESSION}></lx-composer>`,
  captions: () => html`<lx-captions style="width: 640px" .session=${SESSION}></lx-captions>`,
  rundown: () => html`<lx-rundown style="width: 264px" .session=${SESSION}></lx-rundown>`,
  recording: () => html`<lx-recording .session=${SESSION}></lx-recording>`,
  conditions: () => html`<lx-conditions .session=${SESSION}></lx-conditions>`,
};
