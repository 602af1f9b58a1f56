import { css, html, nothing } from "lit";
import { customElement } from "lit/decorators.js";

import { named, say } from "../../text/language.js";
import { sound } from "../../text/sound.js";
import type { ConditionView } from "../../wire.js";

import { SessionElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

const ECHO = "sound.echo";
const DUCK_DB = 12;
const LOWEST_DB = -60;

/** Names each site that sends back what it hears, and lets the director turn it down. */
@customElement("lx-echo-warning")
export class LxEchoWarning extends SessionElement {
  static override styles = [
    sharedStyles,
    css`
      .one {
        display: flex;
        gap: 12px;
        align-items: center;
        padding: 5px 16px;
        background: #4d1f21;
        color: #ffd9d6;
        font-size: 0.92rem;
      }
      wa-button {
        margin-left: auto;
      }
    `,
  ];

  override render(): unknown {
    const { conditions, you } = this.session.store;
    const mixing = you?.rights.includes("mix") === true;
    return html`<div role="alert">
      ${conditions
        .filter((one) => one.id === ECHO)
        .map(
          (one) => html`<div class="one" data-echo=${one.subject}>
            <wa-icon name="warning"></wa-icon>
            <span>${echoText(one)}</span>
            ${mixing
              ? html`<wa-button size="xs" appearance="outlined" @click=${() => { this.duck(one.subject); }}>
                  ${say(sound.duck)}
                </wa-button>`
              : nothing}
          </div>`,
        )}
    </div>`;
  }

  private duck(seat: string): void {
    const before_db = this.session.store.seatSound(seat)?.gain_db ?? 0;
    const gain_db = Math.max(LOWEST_DB, before_db - DUCK_DB);
    this.session.tell({ type: "set_seat_sound", seat, gain_db });
  }
}

function echoText(one: ConditionView): string {
  const { name = one.subject, name_en = "", delay_ms = "?", level_db = "?" } = one.values;
  return say(sound.echo, named({ name, name_en }), rounded(delay_ms), rounded(level_db));
}

function rounded(value: string): string {
  const number = Number(value);
  return Number.isFinite(number) ? `${Math.round(number)}` : value;
}
