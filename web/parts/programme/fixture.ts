import { html, type TemplateResult } from "lit";

import { Desk } from "../../client/desk.js";
import { LOOKS } from "../../dev/pretended_looks.js";
import { PretendedPictures } from "../../dev/pretended_pictures.js";
import { PretendedSession } from "../../dev/pretended_session.js";

import "./caption_editor.js";
import "./caption_mirror.js";
import "./clip_panel.js";
import "./graphics_panel.js";
import "./layout_chooser.js";
import "./preview_pane.js";
import "./programme_pane.js";
import "./slate_panel.js";
import "./transition_bar.js";

const SESSION = new PretendedSession("director");
const DESK = new Desk(SESSION);
DESK.describe(LOOKS);
const PICTURES = new PretendedPictures(SESSION);

const CAPTIONS = [
  { title: "骆文景", subtitle: "演播室主播", organisation: "北京演播室" },
  { title: "喆堃旸犇", subtitle: "", organisation: "" },
  { title: "很长的名字".repeat(12), subtitle: "很长的职务".repeat(20), organisation: "" },
  { title: "Dr. Alexandra Montgomery-Featherstonehaugh", subtitle: "Deputy director general of everything", organisation: "Office" },
];

export const fixtures: Record<string, () => TemplateResult> = {
  layouts: () =>
    html`<lx-layout-chooser style="width: 520px" .session=${SESSION} .desk=${DESK}></lx-layout-chooser>`,
  "preview, drawn by the page": () =>
    html`<lx-preview-pane
      style="width: 480px"
      overlay
      .session=${SESSION}
      .desk=${DESK}
      .source=${PICTURES}
    ></lx-preview-pane>`,
  programme: () =>
    html`<lx-programme-pane style="width: 480px" overlay .session=${SESSION} .desk=${DESK}></lx-programme-pane>`,
  transitions: () =>
    html`<lx-transition-bar style="width: 138px" .session=${SESSION} .desk=${DESK}></lx-transition-bar>`,
  "lower thirds as they will look": () =>
    html`${CAPTIONS.map(
      (caption) => html`<lx-caption-mirror style="width: 640px; margin: 4px" .caption=${caption}></lx-caption-mirror>`,
    )}`,
  "lower third": () =>
    html`<lx-caption-editor style="width: 640px" .session=${SESSION} .desk=${DESK}></lx-caption-editor>`,
  clips: () =>
    html`<lx-clip-panel style="width: 640px" .session=${SESSION} .desk=${DESK}></lx-clip-panel>`,
  graphics: () =>
    html`<lx-graphics-panel style="width: 640px" .session=${SESSION} .desk=${DESK}></lx-graphics-panel>`,
  slates: () =>
    html`<lx-slate-panel style="width: 640px" .session=${SESSION} .desk=${DESK}></lx-slate-panel>`,
};
