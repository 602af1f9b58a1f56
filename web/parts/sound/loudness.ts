import { css, html } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { say, type Text } from "../../text/language.js";
import { sound } from "../../text/sound.js";
import type { Loudness } from "../../wire.js";

import { LxElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

const NEAR_LU = 1;
/** Nobody reads figures faster, and each new text is laid out. */
const SHOW_EVERY_MS = 250;

/** The programme by EBU R128, with its target. */
@customElement("lx-loudness")
export class LxLoudness extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      dl {
        display: flex;
        gap: 18px;
        margin: 0;
      }
      dt {
        font-size: 0.75rem;
        color: var(--lx-quiet);
      }
      dd {
        margin: 0;
        min-width: 4.2em;
        font-size: 1.05rem;
      }
      dd[data-near] {
        color: #8ee0b0;
      }
    `,
  ];

  @property({ attribute: false }) target_lufs: number | null = null;
  @state() private told: Loudness | null = null;
  private shownAt_ms = -Infinity;

  show(told: Loudness | null, now_ms: number = performance.now()): void {
    if (now_ms - this.shownAt_ms >= SHOW_EVERY_MS || told === null) {
      this.shownAt_ms = now_ms;
      this.told = told;
    }
  }

  override render(): unknown {
    const { told, target_lufs } = this;
    return html`
      <dl class="number" aria-label=${say(sound.loudness)}>
        ${this.renderFigure(sound.momentary, told?.momentary_lufs, "LUFS")}
        ${this.renderFigure(sound.short, told?.short_lufs, "LUFS")}
        ${this.renderFigure(sound.integrated, told?.integrated_lufs, "LUFS", target_lufs)}
        ${this.renderFigure(sound.peak, told?.true_peak_db, "dBTP")}
      </dl>
    `;
  }

  private renderFigure(name: Text, value: number | undefined, unit: string, target: number | null = null): unknown {
    const heard = value !== undefined && value > -100;
    const near = heard && target !== null && Math.abs(value - target) <= NEAR_LU;
    return html`<div>
      <dt>${say(name)}</dt>
      <dd ?data-near=${near}>${heard ? value.toFixed(1) : "–"} <span class="small quiet">${unit}</span></dd>
    </div>`;
  }
}
