import { css, html } from "lit";
import { customElement, property } from "lit/decorators.js";

import { say } from "../../text/language.js";
import { quality } from "../../text/quality.js";

import { LxElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

/** A grade from 1 to 5 as rising bars; 0 is unknown. */
@customElement("lx-bars")
export class LxBars extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: inline-block;
      }
      .bars {
        display: flex;
        align-items: flex-end;
        gap: 2px;
        height: 14px;
      }
      i {
        width: 3px;
        background: #46515f;
      }
      .good i.on {
        background: var(--lx-ready-soft);
      }
      .fair i.on {
        background: var(--lx-warning);
      }
      .bad i.on {
        background: var(--lx-air-soft);
      }
    `,
  ];

  @property({ type: Number }) grade = 0;

  override render(): unknown {
    const look = this.grade >= 4 ? "good" : this.grade === 3 ? "fair" : "bad";
    return html`
      <span class="bars ${look}" role="img" aria-label=${this.grade > 0 ? say(quality.of, this.grade) : say(quality.unknown)}>
        ${[1, 2, 3, 4, 5].map(
          (step) => html`<i class=${step <= this.grade ? "on" : ""} style="height: ${20 * step}%"></i>`,
        )}
      </span>
    `;
  }
}
