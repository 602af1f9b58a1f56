import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import { setLines, type Measure } from "../../client/lettering.js";
import type { CaptionLook, CaptionView } from "../../wire.js";

import { LxElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

const FAMILY = '"Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif';
/** Lengths of a lower third in a picture of 1280x720, as the server draws it. */
const PICTURE_WIDTH = 1280;
const LEAST_WIDTH = 440;
const ROOM = 1184;
const ACCENT = 8;
const PADDING = 26;
const TITLE = { size: 36, smallest: 26 };
const BELOW = { size: 22, smallest: 18 };
const LINES = 2;

/** As the theme `default`, until the server told the event's own. */
const DEFAULT_LOOK: CaptionLook = {
  panel: "#080f1c",
  panel_opacity: 0.86,
  accent: "#2696b2",
  text: "#fafbfc",
  soft: "#c1cede",
  title_weight: 650,
  text_weight: 400,
};

let pen: CanvasRenderingContext2D | null | undefined;

function measuring(weight: number): Measure {
  pen ??= document.createElement("canvas").getContext("2d");
  return (text, size) => {
    if (pen === null || pen === undefined) {
      return text.length * size;
    }
    pen.font = `${weight} ${size}px ${FAMILY}`;
    return pen.measureText(text).width;
  };
}

/** A lower third as the programme will show it: same sizes, colours and wrapping, drawn by the
 * page while it is written. The element is as wide as the picture it stands for. */
@customElement("lx-caption-mirror")
export class LxCaptionMirror extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        container-type: inline-size;
      }
      .panel {
        width: max-content;
        max-width: 100%;
        border: 0;
        border-radius: 0;
        border-left: calc(8 * var(--px)) solid var(--accent);
        background: var(--panel);
        --px: calc(100cqw / 1280);
        color: var(--text);
        white-space: nowrap;
        overflow: hidden;
      }
      .title,
      .below {
        display: flex;
        align-items: center;
      }
      .title {
        font-weight: var(--title-weight);
        line-height: 1.25;
      }
      .below {
        line-height: 1.36;
        color: var(--soft);
        font-weight: var(--text-weight);
      }
      /* The first lines keep the room of their full size when they are set smaller. */
      .title:first-child {
        min-height: calc(45 * var(--px));
      }
      .title + .below {
        min-height: calc(30 * var(--px));
      }
    `,
  ];

  @property({ attribute: false }) caption: CaptionView | null = null;
  /** The event's theme. */
  @property({ attribute: false }) look: CaptionLook | undefined;

  override render(): unknown {
    const { caption, look = DEFAULT_LOOK } = this;
    if (caption === null) {
      return nothing;
    }
    const room = ROOM - ACCENT - 2 * PADDING;
    const second = [caption.organisation, caption.subtitle].filter((part) => part.trim() !== "");
    let title = setLines(caption.title, TITLE, room, LINES, measuring(look.title_weight));
    let below = setLines(second.join(" · "), BELOW, room, LINES, measuring(look.text_weight));
    if (title.lines.length === 0) {
      title = setLines(second.join(" · "), TITLE, room, LINES, measuring(look.title_weight));
      below = { lines: [], size: BELOW.size };
    }
    if (title.lines.length === 0) {
      return nothing;
    }
    return html`
      <div
        class="panel"
        style="${colours(look)}; min-width: calc(${LEAST_WIDTH} * var(--px)); padding: calc(${below.lines.length === 0 ? 12 : 15} * var(--px)) calc(${PADDING} * var(--px)) calc(${below.lines.length === 0 ? 11 : 14} * var(--px)); font-family: ${FAMILY.replaceAll('"', "'")}"
      >
        ${title.lines.map(
          (line) => html`<div class="title" style="font-size: ${cqw(title.size)}">${line}</div>`,
        )}
        ${below.lines.map(
          (line) => html`<div class="below" style="font-size: ${cqw(below.size)}">${line}</div>`,
        )}
      </div>
    `;
  }
}

function cqw(length: number): string {
  return `${(length / PICTURE_WIDTH) * 100}cqw`;
}

function colours(look: CaptionLook): string {
  const panel = `color-mix(in srgb, ${look.panel} ${100 * look.panel_opacity}%, transparent)`;
  const named = { ...look, panel, "title-weight": look.title_weight, "text-weight": look.text_weight };
  const used = ["panel", "accent", "text", "soft", "title-weight", "text-weight"] as const;
  return used.map((name) => `--${name}: ${named[name]}`).join("; ");
}
