import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Fault } from "../../client/faults.js";

import { LxElement } from "./element.js";
import { sharedStyles } from "./shared_styles.js";

/** A failure as a person needs it: what happened, then what to do. */
@customElement("lx-fault")
export class LxFault extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      .box {
        display: flex;
        gap: 10px;
        align-items: flex-start;
        padding: 10px 14px;
        border-radius: var(--lx-radius);
        border: 1px solid #7a5a1c;
        background: #2a210f;
      }
      wa-icon {
        flex: none;
        margin-top: 3px;
        color: var(--lx-warning);
      }
      .text {
        font-weight: 600;
      }
      .body {
        flex: 1;
      }
      ::slotted(*) {
        margin-top: 8px;
      }
    `,
  ];

  @property({ attribute: false }) fault: Fault | undefined;

  override render(): unknown {
    const { fault } = this;
    if (fault === undefined) {
      return nothing;
    }
    return html`
      <div class="box" role="alert" data-error=${fault.id}>
        <wa-icon name="warning"></wa-icon>
        <div class="body">
          <p class="text">${fault.text}</p>
          <p>${fault.cure}</p>
          <slot></slot>
        </div>
      </div>
    `;
  }
}
