import { css, html } from "lit";
import { customElement, property } from "lit/decorators.js";

import { meterPosition, SILENCE_DB } from "../../client/level.js";

import { LxElement } from "./element.js";
import { sharedStyles } from "./shared_styles.js";

/** A level in dB below full scale as a bar: green, amber from -12 dB, red from -3 dB. */
@customElement("lx-meter")
export class LxMeter extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      .track {
        position: relative;
        height: var(--meter-height, 6px);
        border-radius: 3px;
        overflow: hidden;
        background: #2a323c;
      }
      .fill {
        position: absolute;
        inset: 0;
        background: linear-gradient(
          to right,
          #2fae66 0 80%,
          #e0a22e 80% 95%,
          #e5484d 95%
        );
        transition: clip-path 80ms linear;
      }
    `,
  ];

  @property({ type: Number }) db = SILENCE_DB;
  @property() label = "";

  override render(): unknown {
    const position = meterPosition(this.db);
    return html`
      <div
        class="track"
        role="meter"
        aria-label=${this.label}
        aria-valuemin="-60"
        aria-valuemax="0"
        aria-valuenow=${Math.round(Math.max(-60, this.db))}
        aria-valuetext="${Math.round(Math.max(-60, this.db))} dB"
      >
        <div class="fill" style="clip-path: inset(0 ${(100 * (1 - position)).toFixed(1)}% 0 0)"></div>
      </div>
    `;
  }
}
