import { css, html } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Quality } from "../../client/quality.js";
import { room } from "../../text/room.js";
import { say } from "../../text/language.js";

import { LxElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";
import "./bars.js";

/** One's own connection: a grade, its cause in words, the figures below. */
@customElement("lx-quality")
export class LxQuality extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      .row {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      .text {
        min-width: 0;
        line-height: 1.35;
      }
    `,
  ];

  @property({ attribute: false }) quality: Quality | undefined;

  override render(): unknown {
    const { quality } = this;
    const cause = quality?.cause ?? "measuring";
    return html`
      <div class="row" data-cause=${cause} data-grade=${quality?.grade ?? 0}>
        <lx-bars .grade=${quality?.grade ?? 0}></lx-bars>
        <div class="text">
          <p aria-live="polite">${say(room.causes[cause])}</p>
          ${quality === undefined
            ? ""
            : html`<p class="small quiet number">
                ${say(
                  room.figures,
                  quality.rtt_ms.toFixed(0),
                  quality.lossSending_percent.toFixed(1),
                  quality.lossReceiving_percent.toFixed(1),
                )}
              </p>`}
        </div>
      </div>
    `;
  }
}
