import { css, html } from "lit";
import { customElement, property } from "lit/decorators.js";

import { common } from "../../text/common.js";
import { say, type Text } from "../../text/language.js";
import { room } from "../../text/room.js";
import type { SeatView } from "../../wire.js";

import { LxElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

export type OwnTally = "air" | "next" | "none";

/** On air goes before next: who is both stays on air. */
export function tallyOf(seat: Pick<SeatView, "on_air" | "in_preview"> | undefined): OwnTally {
  if (seat?.on_air === true) {
    return "air";
  }
  return seat?.in_preview === true ? "next" : "none";
}

const SHORT: Readonly<Record<OwnTally, Text>> = {
  air: common.onAir,
  next: room.next,
  none: room.standby,
};
const LONG: Readonly<Record<OwnTally, Text>> = {
  air: room.onAirNow,
  next: room.nextNow,
  none: room.offAirNow,
};

/** Whether this seat is on air, comes next, or waits: by colour, shape and word, so that it is
 * seen across a room and told to who does not see it. */
@customElement("lx-own-tally")
export class LxOwnTally extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      .mark {
        display: inline-flex;
        align-items: center;
        gap: 10px;
        padding: 2px 20px;
        border-radius: 6px;
        border: 2px solid transparent;
        font-size: 1.25rem;
        font-weight: 700;
        letter-spacing: 0.06em;
        white-space: nowrap;
      }
      .mark::before {
        content: "";
        width: 0.7em;
        height: 0.7em;
      }
      .mark.air {
        background: var(--lx-air);
        color: white;
      }
      .mark.air::before {
        border-radius: 50%;
        background: white;
      }
      .mark.next {
        background: #17633a;
        border-color: var(--lx-ready-soft);
        color: white;
      }
      .mark.next::before {
        border: 0.2em solid white;
      }
      .mark.none {
        padding: 0 10px;
        background: var(--lx-raised);
        color: var(--lx-quiet);
        font-size: 0.85rem;
        letter-spacing: 0;
      }
      .mark.none::before {
        display: none;
      }
      @media (max-width: 860px) {
        .mark {
          padding: 2px 10px;
          font-size: 1rem;
        }
      }
    `,
  ];

  @property({ attribute: "data-tally", reflect: true }) tally: OwnTally = "none";

  override render(): unknown {
    return html`
      <div role="status" aria-live="assertive">
        <span class="mark ${this.tally}" aria-hidden="true">${say(SHORT[this.tally])}</span>
        <span class="unseen">${say(LONG[this.tally])}</span>
      </div>
    `;
  }
}
