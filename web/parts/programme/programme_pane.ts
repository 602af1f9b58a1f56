import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import { ownDown } from "../../client/site_quality.js";
import { sourcesOf } from "../../client/sources.js";
import { say, titled } from "../../text/language.js";
import { quality } from "../../text/quality.js";
import { programme as texts } from "../../text/programme.js";
import { slateName } from "../../text/slates.js";
import { sourceName } from "../../text/sources.js";
import { common } from "../../text/common.js";
import type { ProgrammeView } from "../../wire.js";

import { sharedStyles } from "../base/shared_styles.js";
import "../room/programme.js";

import { DeskElement } from "./desk_element.js";
import { monitorStyles } from "./monitor_styles.js";

/** What everybody sees now, with its sound. Controls for the sound stand in the slot `tools`. */
@customElement("lx-programme-pane")
export class LxProgrammePane extends DeskElement {
  static override styles = [
    sharedStyles,
    monitorStyles,
    css`
      :host {
        --tally: var(--lx-air);
        --bar: #a81c2d;
      }
      lx-programme {
        position: absolute;
        inset: 0;
      }
    `,
  ];

  @property({ attribute: false }) stream: MediaStream | undefined;
  @property({ type: Number }) volume = 1;
  /** Names of slots and the safe area drawn in: on this page only, never in the programme. */
  @property({ type: Boolean }) overlay = false;

  override render(): unknown {
    const { programme } = this.desk;
    return html`
      <div class="bar">
        <h2>
          <span class="lamp full" aria-hidden="true"></span>${say(texts.programme)} · ${say(common.onAir)}
        </h2>
        ${programme === undefined ? nothing : this.renderMarks(programme)}
        <span class="rest"><slot name="tools"></slot></span>
      </div>
      <div class="picture">
        <lx-programme
          .stream=${this.stream}
          .volume=${this.volume}
          note=${ownDown(this.session.store)?.picture === "paused" ? say(quality.causes.picture_paused) : ""}
        ></lx-programme>
        ${this.overlay && programme !== undefined ? this.renderOverlay(programme) : nothing}
      </div>
    `;
  }

  private renderMarks({ frozen, on_air, waiting }: ProgrammeView): unknown {
    return html`
      ${ownDown(this.session.store)?.picture === "low"
        ? html`<span class="mark" data-mark="narrow" title=${say(quality.causes.narrow_receiving)}>
            ${say(quality.narrowHere)}
          </span>`
        : nothing}
      ${waiting ? html`<span class="mark" data-mark="waiting">${say(texts.waits)}</span>` : nothing}
      ${frozen ? html`<span class="mark" data-mark="frozen">${say(texts.frozen)}</span>` : nothing}
      ${on_air.slate === null
        ? html`<span class="small">${titled(this.desk.layoutName(on_air.layout))}</span>`
        : html`<span class="mark" data-mark="slate">${slateName(on_air.slate.kind)}</span>`}
    `;
  }

  private renderOverlay({ on_air, sources_on_air }: ProgrammeView): unknown {
    const found = on_air.slate === null ? this.desk.places(on_air) : [];
    const sources = sourcesOf(this.session.store);
    return html`
      ${found.map(
        (place, index) => html`<div
          class="frame"
          style="left:${100 * place.x}%;top:${100 * place.y}%;width:${100 * place.width}%;height:${100 * place.height}%"
        >
          <span class="name">${index + 1} ${sourceName(sources_on_air[index] ?? on_air.slots[index] ?? "", sources)}</span>
        </div>`,
      )}
      <div class="safe outer"></div>
      <div class="safe"></div>
    `;
  }
}
