import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { isBrokenOff, isEnding, position, remaining } from "../../client/clip.js";
import { say, type Text } from "../../text/language.js";
import { programme as texts } from "../../text/programme.js";
import type { ClipView } from "../../wire.js";

import { duration } from "../base/figures.js";
import { sharedStyles } from "../base/shared_styles.js";

import { DeskElement } from "./desk_element.js";
import { formStyles } from "./form_styles.js";

const STATES: Readonly<Record<string, Text>> = texts.clipStates;
const FAULTS: Readonly<Record<string, Text>> = texts.clipFaults;
const REFRESH_MS = 200;

/** Films and stills of the server's folder: cue, play, loop, and how much is left. */
@customElement("lx-clip-panel")
export class LxClipPanel extends DeskElement {
  static override styles = [
    sharedStyles,
    formStyles,
    css`
      .files {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        max-height: 80px;
        overflow: auto;
      }
      .files button {
        max-width: 260px;
        padding: 1px 9px;
        border: 1px solid #5b6673;
        border-radius: 5px;
        font-size: 0.84rem;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .files button[aria-pressed="true"] {
        background: #26405f;
        border-color: #6d94c4;
        color: white;
      }
      .left {
        min-width: 5.5em;
        font-size: 1.15rem;
        font-weight: 700;
      }
      .left.ending {
        color: var(--lx-air-soft);
      }
      .bar {
        flex: 1 1 120px;
        height: 6px;
        border-radius: 3px;
        background: #2a323c;
        overflow: hidden;
      }
      .bar i {
        display: block;
        height: 100%;
        background: var(--lx-link);
        transform-origin: left;
      }
    `,
  ];

  @state() private now_ms = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    const timer = setInterval(() => {
      if (this.session.store.clip?.state === "playing") {
        this.now_ms = this.session.store.sessionTime_ms;
      }
    }, REFRESH_MS);
    this.until(() => {
      clearInterval(timer);
    });
  }

  /** As the key K does: plays what is cued, cues what plays. */
  toggle(): void {
    const { clip } = this.session.store;
    if (clip !== undefined && clip.file !== "") {
      this.session.tell({ type: clip.state === "playing" ? "stop_clip" : "play_clip" });
    }
  }

  override render(): unknown {
    const { clip } = this.session.store;
    if (clip === undefined) {
      return nothing;
    }
    return html`
      <div class="files" role="group" aria-label=${say(texts.clipFiles)}>
        ${clip.files.length === 0
          ? html`<p class="small quiet">${say(texts.clipNone)}</p>`
          : clip.files.map(
              (file) => html`<button
                type="button"
                class="bare"
                data-clip=${file}
                title=${file}
                aria-pressed=${file === clip.file}
                ?disabled=${clip.state === "playing"}
                @click=${() => { this.session.tell({ type: "cue_clip", file, loop: clip.loop }); }}
              >
                ${file}
              </button>`,
            )}
      </div>
      ${clip.file === "" ? nothing : this.renderCued(clip)}
    `;
  }

  private renderCued(clip: ClipView): unknown {
    const isPlaying = clip.state === "playing";
    return html`
      ${this.renderProgress(clip)}
      <div class="row">
        <wa-button id="clip-play" size="xs" variant="brand" @click=${this.toggle}>
          ${say(isPlaying ? texts.clipStop : texts.clipPlay)} (K)
        </wa-button>
        <button
          type="button"
          class="bare toggle"
          id="clip-loop"
          aria-pressed=${clip.loop}
          @click=${() => { this.session.tell({ type: "loop_clip", loop: !clip.loop }); }}
        >
          ${say(texts.clipLoop)}
        </button>
        <wa-button
          id="clip-preview"
          size="xs"
          appearance="outlined"
          @click=${() => { this.desk.clipToPreview(); }}
        >
          ${say(texts.clipToPreview)}
        </wa-button>
        ${clip.text === "" ? nothing : html`<span class="small quiet">${faultText(clip.text)}</span>`}
      </div>
    `;
  }

  private renderProgress(clip: ClipView): unknown {
    const now_ms = Math.max(this.now_ms, this.session.store.sessionTime_ms);
    const left_ms = remaining(clip, now_ms);
    const share = clip.duration_ms > 0 ? position(clip, now_ms) / clip.duration_ms : 0;
    return html`
      <div class="row" data-clip-state=${clip.state}>
        ${stateTag(clip)}
        <span class="number left ${isEnding(clip, now_ms) ? "ending" : ""}">
          ${left_ms === undefined ? "" : `-${duration(left_ms + (clip.state === "playing" ? 999 : 0))}`}
        </span>
        <span class="bar" aria-hidden="true"><i style="transform: scaleX(${share})"></i></span>
      </div>
    `;
  }
}

function stateTag(clip: ClipView): unknown {
  const isBroken = isBrokenOff(clip);
  const look = clip.state === "playing" ? "air" : isBroken || clip.state === "refused" ? "warning" : "ready";
  const text = isBroken ? texts.clipStates.brokenOff : STATES[clip.state];
  return html`<span class="tag ${look}">${say(text ?? texts.clipStates.cued)}</span>`;
}

function faultText(text: string): string {
  const known = FAULTS[text];
  return known === undefined ? text : say(known);
}
